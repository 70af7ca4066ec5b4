/**
 * Stands in for Docker with its compose plugin, where there is no engine: `docker compose` for one stack
 * as we write it. It takes nothing that compose would not take, keeps what it knows in the file
 * DOCKER_STAND_IN, and runs a real Milvus server (DOCKER_STAND_IN_MILVUS) where the containers would.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { milvusServerCommand } from "../../remote/milvus/server.ts";

interface State {
  images: string[];
  /** Name of the stack whose containers are there; its server's process. */
  running: string | null;
  pid: number | null;
  log: string[];
}

const file = process.env.DOCKER_STAND_IN!;
const state: State = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as State) : { images: [], running: null, pid: null, log: [] };
const save = () => {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
};

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

const [compose, projectOption, folder, fileOption, path, action, ...flags] = process.argv.slice(2);
if (compose !== "compose" || projectOption !== "--project-directory" || fileOption !== "--file" || path !== join(folder!, "docker-compose.yml")) refuse(`unknown: ${process.argv.slice(2).join(" ")}`);

/** The stack, as far as it differs from one to the next. */
const text = readFileSync(path, "utf8");
const found = (pattern: RegExp) => pattern.exec(text)?.[1] ?? refuse(`the file lacks ${pattern}`);
const name = found(/^name: ([a-z0-9][a-z0-9_-]*)$/m);
const images = [...text.matchAll(/^ {4}image: (\S+)$/gm)].map(([, image]) => image!);
const port = Number(found(/^ {4}ports: \["127\.0\.0\.1:(\d+):19530"\]$/m));
const volumes = [...text.matchAll(/"\.\/(volumes\/\w+):\//g)].map(([, volume]) => join(folder!, volume!));
if (images.length !== 3 || volumes.length !== 3) refuse("three services with a volume each are expected");
if (!existsSync(join(folder!, "milvus.yaml"))) refuse("what is mounted is not there");
// As compose does: what the file names of the environment comes from .env beside it.
for (const [, variable] of text.matchAll(/\$\{(\w+)\}/g)) if (!new RegExp(`^${variable}=.+$`, "m").test(readFileSync(join(folder!, ".env"), "utf8"))) refuse(`${variable} is not set`);

const gone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

async function endContainers(): Promise<void> {
  const { pid } = state;
  if (pid !== null && !gone(pid)) {
    process.kill(pid, "SIGTERM");
    for (let tenths = 0; !gone(pid); tenths++) {
      if (tenths === 10) process.kill(pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  Object.assign(state, { running: null, pid: null });
  save();
}

state.log.push(action!);
switch (`${action} ${flags.join(" ")}`) {
  case "pull --quiet":
    state.images = [...new Set([...state.images, ...images])];
    save();
    break;
  case "up --no-color --abort-on-container-exit": {
    if (images.some((image) => !state.images.includes(image))) refuse("an image is not here, and nothing may be fetched now");
    // Before there is anything that could be left behind.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void endContainers().then(() => process.exit(130)));
    // Containers of the stack that are there are made anew.
    await endContainers();
    for (const volume of volumes) mkdirSync(volume, { recursive: true });
    const { argv, env } = milvusServerCommand({ python: "python3", enclosure: join(import.meta.dirname, "../../remote/milvus/loopback_only.py"), program: process.env.DOCKER_STAND_IN_MILVUS!, dataDir: join(folder!, "volumes", "milvus"), port });
    // As the engine's child: it outlives whoever asked for it, and carries nothing of theirs.
    const { AI_MENTOR_SERVICE: _mark, ...rest } = process.env;
    const container = spawn(argv[0]!, argv.slice(1), { detached: true, stdio: "ignore", env: { ...rest, ...env } });
    Object.assign(state, { running: name, pid: container.pid! });
    save();
    container.once("exit", (code) => process.exit(code ?? 1));
    break;
  }
  case "down --remove-orphans":
    await endContainers();
    break;
  default:
    refuse(`unknown command: ${action} ${flags.join(" ")}`);
}
