import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../../src/adapters/local/free-port.ts";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { kitLock, withLock } from "../../src/adapters/packages/lock.ts";
import { fetchRequirements } from "../../src/adapters/packages/requirements.ts";
import { layerFromCache } from "../../remote/kit/build.ts";
import { pythonLayer } from "../../remote/kit/python-layer.ts";
import { LAYER_FOLDERS } from "../../src/contract/kit.ts";
import { milvusLiteCommand, probeMilvus } from "../../remote/milvus/lite.ts";
import { startMilvusProcess } from "./milvus-process.ts";

const WHERE = "import sys; print('cp%d%d' % sys.version_info[:2]); print(sys.executable)";

export interface RunningMilvus {
  /** `127.0.0.1:PORT` */
  address: string;
  port: number;
  pid: number;
  dataDir: string;
  /** Ends it as the agent does, and removes the data if this part made the folder. */
  stop(): Promise<void>;
  /** Ends it as a power cut does; the data stays. */
  kill(): Promise<void>;
}

let packages: Promise<{ python: string; folder: string }> | undefined;

/** The Python of this computer and the kit's packages for it, from the cache that all tests share. */
function milvusPackages(): Promise<{ python: string; folder: string }> {
  packages ??= (async () => {
    const [tag, python] = (await promisify(execFile)("python3", ["-c", WHERE])).stdout.trim().split("\n") as [string, string];
    const cache = join(cacheFolder(), "kit");
    await mkdir(cache, { recursive: true });
    const context = { project: fileURLToPath(new URL("../..", import.meta.url)), cache, platform: `${process.platform}-${process.arch}` as "linux-x64" };
    let folder = "";
    await withLock(kitLock(cacheFolder()), undefined, async () => {
      const layer = await layerFromCache("python", pythonLayer(context, { tag, path: python, fetchWheels: fetchRequirements }), context);
      folder = join(layer.folder, LAYER_FOLDERS.python);
    });
    return { python, folder };
  })();
  return packages;
}

/** A real Milvus Lite of its own, ready when this resolves. */
export async function startMilvus(given: { dataDir?: string; port?: number } = {}): Promise<RunningMilvus> {
  const { python, folder } = await milvusPackages();
  const dataDir = given.dataDir ?? (await mkdtemp(join(tmpdir(), "mentor-milvus-")));
  const port = given.port ?? (await freePort(0));
  const { argv, env, stopSignal } = milvusLiteCommand({ python, packages: folder, dataDir, port });
  const server = startMilvusProcess("Milvus Lite", argv, env);
  while (!(await probeMilvus(port))) {
    server.requireAlive();
    await sleep(50);
  }
  return {
    address: `127.0.0.1:${port}`,
    port,
    pid: server.pid,
    dataDir,
    kill: () => server.end("SIGKILL"),
    async stop() {
      await server.end(stopSignal);
      if (given.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
