import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { MentorError } from "../../src/contract/errors.ts";

/** @throws MentorError port-in-use, naming the program where the system tells */
export async function requireFreePort(port: number, purpose: string): Promise<void> {
  if (await isFree(port)) return;
  const owner = portOwner(port);
  const by = owner === null ? "another program" : `the program "${owner.name}" (process ${owner.pid})`;
  throw new MentorError("port-in-use", `${purpose} needs port ${port} on the host, but ${by} uses it.`, {
    details: { port, ...(owner === null ? {} : { program: owner.name, pid: owner.pid }) },
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who listens on a port; null where it cannot be told (another user's process, no /proc). */
export function portOwner(port: number): { pid: number; name: string } | null {
  if (process.platform !== "linux") return null;
  const sockets = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return null;
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        if (!sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) continue;
        return { pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, "utf8").trim() };
      }
    } catch {
      // Not ours to look into, or gone meanwhile.
    }
  }
  return null;
}

function listeningInodes(port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => {
    try {
      return readFileSync(table, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[1]?.endsWith(wanted) && fields[3] === "0A")
        .map((fields) => fields[9]!);
    } catch {
      return [];
    }
  });
}
