import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LAYER_FOLDERS, type Kit, type KitGpu, type KitLayer, type KitLayerName, type KitManifest, type KitPlatform } from "../../src/contract/kit.ts";
import type { Progress } from "../../src/contract/progress.ts";
import { archiveLayer } from "./archive.ts";
import type { BuildContext, LayerRecipe } from "./context.ts";
import { copyTree } from "./copy.ts";
import { engineLayer } from "./engine-layer.ts";
import { milvusLayer, type KitMilvus } from "./milvus-layer.ts";
import { openLayer, sealLayer } from "./layer.ts";
import { nodeLayer } from "./node-layer.ts";
import { pythonLayer, type KitPython } from "./python-layer.ts";
import { servicesLayer } from "./services-layer.ts";
import { sweep, touch } from "./sweep.ts";

export interface BuildKitOptions {
  /** The kit keeps its layers under `<cacheDir>/kit`. */
  cacheDir: string;
  platform: KitPlatform;
  /** The Python that the host has; null leaves the course store's packages out. */
  python: KitPython | null;
  /** The real Milvus server; default: none. */
  milvus?: KitMilvus | null;
  gpu: KitGpu;
  /** Pack the layers too, for a host other than this computer. */
  archives: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** The project's folder; given where this file is part of a bundle. */
  project?: string;
}

/**
 * Makes the kit for one kind of host, from the cache as far as it is there and whole. A build that
 * is interrupted leaves no layer behind; two at once are harmless: the first to finish counts.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, host-unsuitable, python-missing
 */
export async function buildKit(options: BuildKitOptions): Promise<Kit> {
  const { platform, gpu, python, milvus = null, signal, onProgress } = options;
  const project = options.project ?? fileURLToPath(new URL("../..", import.meta.url));
  const context: BuildContext = { project, cache: join(options.cacheDir, "kit"), platform, signal, onProgress };
  const recipes: [KitLayerName, LayerRecipe][] = [["node", nodeLayer(context)], ["engine", engineLayer(context, gpu)]];
  if (python !== null) recipes.push(["python", pythonLayer(context, python)]);
  if (milvus !== null) recipes.push(["milvus", milvusLayer(context, milvus)]);
  recipes.push(["services", servicesLayer(context)]);

  const layers: KitLayer[] = [];
  for (const [index, [name, recipe]] of recipes.entries()) {
    signal?.throwIfAborted();
    const say = (detail: string) => onProgress?.({ done: index, total: recipes.length, unit: "steps", rate: null, etaSeconds: null, detail });
    say(`Preparing ${TITLES[name]}`);
    const layer = await layerFromCache(name, recipe, context);
    if (options.archives) say(`Packing ${TITLES[name]}`);
    layers.push(options.archives ? await archiveLayer(layer, signal) : layer);
  }
  const kit = await assemble(layers, options, context);
  for (const part of [kit.folder, ...layers.flatMap(({ folder, archive }) => (archive === null ? [folder] : [folder, archive.path]))]) await touch(part);
  for (const part of ["layers", "kits", "npm", "wheels"]) await sweep(join(context.cache, part));
  return kit;
}

const TITLES: Record<KitLayerName, string> = { node: "Node", engine: "the LLM engine", python: "the course store", milvus: "the Milvus server", services: "the services" };

export async function layerFromCache(name: KitLayerName, recipe: LayerRecipe, { cache, signal }: BuildContext): Promise<KitLayer> {
  const inputs = createHash("sha256").update(await recipe.inputs()).digest("hex").slice(0, 24);
  const folder = join(cache, "layers", `${name}-${inputs}`);
  const cached = await openLayer(name, folder);
  if (cached !== null) return cached;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(cache, "layers"), { recursive: true });
  const temporary = await mkdtemp(`${folder}.`);
  try {
    await recipe.build(name === "services" ? temporary : join(temporary, LAYER_FOLDERS[name]));
    signal?.throwIfAborted();
    await sealLayer(name, temporary);
    await renameUnlessThere(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return (await openLayer(name, folder))!;
}

/** The folder that runs here: the services' files, and links to the other layers. */
async function assemble(layers: KitLayer[], { platform, gpu }: BuildKitOptions, { cache, project }: BuildContext): Promise<Kit> {
  const { version } = JSON.parse(await readFile(join(project, "package.json"), "utf8")) as { version: string };
  const names = layers.map(({ name, hash }) => ({ name, hash }));
  const hash = createHash("sha256").update(JSON.stringify([platform, gpu, version, names])).digest("hex").slice(0, 32);
  const folder = join(cache, "kits", hash);
  await mkdir(join(cache, "kits"), { recursive: true });
  const temporary = await mkdtemp(`${folder}.`);
  try {
    for (const layer of layers) {
      if (layer.name === "services") await copyTree(layer.folder, temporary);
      else await symlink(target(layer), join(temporary, LAYER_FOLDERS[layer.name]), "junction");
    }
    await writeFile(join(temporary, "kit.json"), JSON.stringify({ hash, version, platform, gpu, layers: names } satisfies KitManifest));
    // A whole one is left alone: a session may be running from it.
    if (!(await isWhole(folder, layers))) {
      await rm(folder, { recursive: true, force: true });
      await renameUnlessThere(temporary, folder);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const total = (key: "files" | "bytes") => layers.reduce((sum, layer) => sum + layer[key], 0);
  return { hash, folder, version, platform, gpu, layers, files: total("files"), bytes: total("bytes") };
}

async function isWhole(folder: string, layers: KitLayer[]): Promise<boolean> {
  for (const layer of layers) {
    if (layer.name === "services") continue;
    const link = await readlink(join(folder, LAYER_FOLDERS[layer.name])).catch(() => null);
    if (link === null || resolve(link) !== target(layer)) return false;
  }
  return (await openLayer("services", folder)) !== null;
}

/** The folder inside a layer that the kit links to. */
function target({ name, folder }: KitLayer): string {
  return resolve(folder, name === "services" ? "." : LAYER_FOLDERS[name]);
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    // Another build was first, with the same inputs.
    if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes(error.code ?? "")) throw error;
  });
}
