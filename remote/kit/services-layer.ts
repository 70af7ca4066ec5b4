import { chmod, copyFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext, LayerRecipe } from "./context.ts";
import { copyTree } from "./copy.ts";
import { walk } from "./layer.ts";
import { sha256 } from "./verify.ts";

/** Programs of the kit by the name they get there; each is one main.ts. */
const PROGRAMS = { agent: "agent/main.ts", "llm-alone": "agent/llm-alone.ts", llm: "llm/main.ts", api: "api/main.ts", backup: "backup/main.ts" } as const;
/** Files that travel as they are. */
const VERBATIM = { "receiver.py": "receiver/receiver.py", "loopback_only.py": "milvus/loopback_only.py", "start_llm_server.sh": "start_llm_server.sh" } as const;

/**
 * Our own programs, each bundled with all that it imports but node-llama-cpp. The installed app has
 * them bundled in `remote/services`, and neither their sources nor a bundler.
 */
export function servicesLayer({ project }: BuildContext): LayerRecipe {
  const remote = join(project, "remote");
  const bundled = join(remote, "services");
  const isBundled = () => stat(bundled).then(() => true, () => false);
  return {
    async inputs() {
      if (await isBundled()) return JSON.stringify(await hashSources(bundled));
      const sources = [remote, join(project, "src", "contract")];
      const hashes = await Promise.all(sources.map((folder) => hashSources(folder)));
      return JSON.stringify([hashes, await sha256(join(project, "package-lock.json"))]);
    },
    async build(folder) {
      if (await isBundled()) await copyTree(bundled, folder);
      else await buildServices(project, folder);
    },
  };
}

/** Makes the services' files from the project's sources. */
export async function buildServices(project: string, folder: string): Promise<void> {
  const remote = join(project, "remote");
  await bundle(remote, await existing(remote, PROGRAMS), folder);
  for (const [name, source] of Object.entries(await existing(remote, VERBATIM))) {
    await copyFile(source, join(folder, name));
    if (name.endsWith(".sh")) await chmod(join(folder, name), 0o755);
  }
}

export async function bundle(root: string, input: Record<string, string>, folder: string): Promise<void> {
  // Only where there are sources: the installed app carries no bundler.
  const { build } = await import("vite");
  await build({
    configFile: false,
    root,
    logLevel: "error",
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: true,
      target: "node24",
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rollupOptions: {
        input,
        // The engine keeps its own folder; ws does without its two optional native helpers.
        external: [/^node:/, /^node-llama-cpp/, "bufferutil", "utf-8-validate"],
        output: { entryFileNames: "[name].mjs", chunkFileNames: "chunks/[name].mjs", format: "es" },
      },
    },
  });
}

async function existing(root: string, files: Record<string, string>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, file] of Object.entries(files)) if ((await stat(join(root, file)).catch(() => null)) !== null) found[name] = join(root, file);
  return found;
}

async function hashSources(folder: string): Promise<string[]> {
  const rooms = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.name !== "node_modules" && !entry.name.startsWith("."));
  const files = await Promise.all(
    rooms.map(async (room) => (room.isDirectory() ? (await walk(join(folder, room.name))).map((path) => join(room.name, path)) : [room.name])),
  );
  return Promise.all(files.flat().sort().map(async (path) => `${path} ${await sha256(join(folder, path))}`));
}
