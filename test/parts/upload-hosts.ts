import { join } from "node:path";
import { systemClock } from "../../src/adapters/local/clock.ts";
import { LocalHost } from "../../src/adapters/local/host.ts";
import { SshConnector } from "../../src/adapters/ssh/connector.ts";
import type { Host } from "../../src/core/ports.ts";
import { pathWithoutPython } from "./bare-path.ts";
import { sshdMissing, startSshd, type SshdOptions } from "./sshd.ts";

export type UploadHostKind = "local" | "ssh" | "ssh without python";

/** Every kind of host that a file can be brought to, as far as this computer can be one. */
export const UPLOAD_HOSTS = (["local", "ssh", "ssh without python"] as const).filter((kind) => kind === "local" || sshdMissing === null);

export interface OpenHost {
  host: Host;
  close(): Promise<void>;
}

/** `folder` is the test's own. */
export async function openUploadHost(kind: UploadHostKind, folder: string): Promise<OpenHost> {
  if (kind === "local") {
    const host = new LocalHost();
    return { host, close: () => host.close() };
  }
  return openSshHost(kind === "ssh" ? {} : { path: pathWithoutPython(folder) });
}

export async function openSshHost(options: SshdOptions): Promise<OpenHost> {
  const sshd = await startSshd(options);
  const host = await new SshConnector(join(sshd.folder, "known.json"), systemClock).connect({ kind: "ssh", address: sshd.address, identity: sshd.identity });
  return {
    host,
    async close() {
      await host.close();
      await sshd.stop();
    },
  };
}
