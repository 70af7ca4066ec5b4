import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { layerFromCache } from "../../remote/kit/build.ts";
import { claimServer, resetPassword } from "../../remote/milvus/claim.ts";
import { milvusLayer } from "../../remote/kit/milvus-layer.ts";
import { milvusServerCommand } from "../../remote/milvus/server.ts";
import { freePort } from "../../src/adapters/local/free-port.ts";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { kitLock, withLock } from "../../src/adapters/packages/lock.ts";
import { milvusServer } from "../../src/adapters/packages/milvus-server.ts";
import { LAYER_FOLDERS } from "../../src/contract/kit.ts";
import type { RunningMilvus } from "./milvus.ts";
import { startMilvusProcess } from "./milvus-process.ts";

const ENCLOSURE = fileURLToPath(new URL("../../remote/milvus/loopback_only.py", import.meta.url));

/** Why the real server cannot run on this computer; null when it can. */
export const noMilvusServer: string | null = ((): string | null => {
  if (process.platform !== "linux" || process.arch !== "x64") return "The real Milvus server runs on Linux on x86-64 only.";
  const { status, stderr } = spawnSync("python3", [ENCLOSURE, "--check"], { encoding: "utf8" });
  return status === 0 ? null : `The real Milvus server would listen on every interface: ${stderr.trim()}`;
})();

const STOP_MS = 5_000;

/** A server that enforces its users. */
export interface RunningMilvusServer extends RunningMilvus {
  /** `root:PASSWORD` */
  token: string;
}

let program: Promise<string> | undefined;

/** Folder of the kit's Milvus server, from the cache that all tests share. */
export function milvusProgram(): Promise<string> {
  program ??= (async () => {
    const cache = join(cacheFolder(), "kit");
    await mkdir(cache, { recursive: true });
    const context = { project: fileURLToPath(new URL("../..", import.meta.url)), cache, platform: "linux-x64" } as const;
    let folder = "";
    await withLock(kitLock(cacheFolder()), undefined, async () => {
      const layer = await layerFromCache("milvus", milvusLayer(context, milvusServer(cacheFolder())), context);
      folder = join(layer.folder, LAYER_FOLDERS.milvus);
    });
    return folder;
  })();
  return program;
}

/** A real Milvus server 2.3.5 of its own, in a network of its own, answering when this resolves. `unlocked`: it takes `rootPassword` whichever it had. */
export async function startMilvusServer(given: { dataDir?: string; port?: number; rootPassword?: string; unlocked?: boolean } = {}): Promise<RunningMilvusServer> {
  const { dataDir = await mkdtemp(join(tmpdir(), "mentor-milvus-server-")), port = await freePort(0), rootPassword = "pass-of-this-test", unlocked = false } = given;
  await mkdir(dataDir, { recursive: true });
  const { argv, env, stopSignal } = milvusServerCommand({ python: "python3", enclosure: ENCLOSURE, program: await milvusProgram(), dataDir, port, unlocked });
  const server = startMilvusProcess("Milvus", argv, env, dataDir);
  const token = `root:${rootPassword}`;
  // It takes calls before its parts have found each other.
  for (let claimed = false; !claimed; ) {
    server.requireAlive();
    claimed = await (unlocked ? resetPassword : claimServer)({ address: `127.0.0.1:${port}`, token }).then(() => true, () => sleep(100, false));
  }
  return {
    address: `127.0.0.1:${port}`,
    port,
    pid: server.pid,
    dataDir,
    token,
    kill: () => server.end("SIGKILL"),
    async stop() {
      // Its own way of stopping may take minutes; it keeps its rows through a kill.
      const late = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
      await server.end(stopSignal);
      clearTimeout(late);
      if (given.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
