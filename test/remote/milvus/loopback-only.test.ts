import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { noMilvusServer } from "../../parts/milvus-server.ts";
import { isAlive, until } from "../agent/stand-in-agent.ts";

const PROGRAM = fileURLToPath(new URL("../../../remote/milvus/loopback_only.py", import.meta.url));
/** Listens on every interface, and tells its number and its environment to whoever asks. */
const SERVER = `
const { createServer } = require("node:http");
createServer((_, response) => response.end(JSON.stringify({ pid: process.pid, inner: process.env.INNER_PORT, other: process.env.OTHER_PORT }))).listen(Number(process.argv[1]), "0.0.0.0");
process.on("SIGTERM", () => process.exit(7));
`;

async function enclosed(...options: string[]) {
  const port = await freePort(0);
  const child = spawn("python3", [PROGRAM, `--port=${port}`, ...options, "--", process.execPath, "-e", SERVER, String(port)], { stdio: "ignore" });
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const ask = (host = "127.0.0.1") => fetch(`http://${host}:${port}/`, { headers: { connection: "close" } }).then((response) => response.json() as Promise<{ pid: number; inner: string; other: string }>);
  await until(() => ask().then(() => true, () => false));
  return { child, ended, ask };
}

describe.skipIf(noMilvusServer !== null)("a server that listens everywhere", () => {
  test("answers on the loopback and on no other address, and has free ports of its own", async () => {
    const { ask } = await enclosed("--free=INNER_PORT", "--free=OTHER_PORT");
    const { inner, other } = await ask();
    expect(Number(inner)).toBeGreaterThan(0);
    expect(other).not.toBe(inner);
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of addresses) await expect(ask(address)).rejects.toThrow("fetch failed");
  });

  test("is asked to stop as it would be without, and its exit code is passed on; what it leaves behind is removed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "leaves-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { child, ended, ask } = await enclosed(`--leaves=${folder}/server_id_{pid}`);
    const left = join(folder, `server_id_${(await ask()).pid}`);
    writeFileSync(left, "");
    child.kill("SIGTERM");
    expect(await ended).toBe(7);
    expect(existsSync(left)).toBe(false);
  });

  test("does not outlive what carries its connections", async () => {
    const { child, ended, ask } = await enclosed();
    const { pid } = await ask();
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});
