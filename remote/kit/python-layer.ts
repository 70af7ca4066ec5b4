import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { MentorError } from "../../src/contract/errors.ts";
import type { BuildContext, FetchWheels, LayerRecipe } from "./context.ts";
import { walk } from "./layer.ts";
import { runProgram } from "./program.ts";

export interface KitPython {
  /** "cp311": the Python that the host has. */
  tag: string;
  /** That very Python, where the host is this computer. */
  path?: string;
  fetchWheels: FetchWheels;
}

/** Newest first; pip takes the first that a package offers. The C library needed is 2.34 (see host-unsuitable). */
const MANYLINUX = ["2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5"].map((glibc) => `manylinux_${glibc}_x86_64`);
const LEGACY = ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"];

/** Milvus Lite, pymilvus and what they need, for the host's Python, pinned by content in requirements.txt. */
export function pythonLayer(context: BuildContext, python: KitPython): LayerRecipe {
  const requirements = join(context.project, "remote", "kit", "requirements.txt");
  return {
    inputs: async () => JSON.stringify([python.tag, context.platform, await readFile(requirements, "utf8"), PRUNED.map(String)]),
    async build(folder) {
      await installPackages(requirements, folder, python, context);
      await prune(folder);
    },
  };
}

async function installPackages(requirements: string, folder: string, python: KitPython, { cache, platform, signal, onProgress }: BuildContext): Promise<void> {
  const foreign = foreignTags(python, platform);
  const selection = ["--only-binary", ":all:", ...foreign];
  const client = foreign.length === 0 ? [python.path!] : await findPython(python, signal);
  const wheels = join(cache, "wheels");
  await mkdir(wheels, { recursive: true });
  const allThere = await python.fetchWheels({ requirements, folder: wheels, python: client, selection }, { signal, onProgress });
  const total = (await readFile(requirements, "utf8")).match(/^\S+==/gm)?.length ?? null;
  let done = 0;
  const onLine = (line: string) => {
    const file = /^\s*(?:Collecting|Processing) (\S+)/.exec(line)?.[1];
    if (file !== undefined) onProgress?.({ done: ++done, total, unit: "files", rate: null, etaSeconds: null, detail: `Course store: ${basename(file)}` });
    else if (line.startsWith("Installing ")) onProgress?.({ done, total, unit: "files", rate: null, etaSeconds: null, detail: "Course store: unpacking the packages" });
  };
  const source = ["--find-links", wheels, ...(allThere ? ["--no-index"] : [])];
  await runProgram(
    [...client, "-m", "pip", "install", "--target", folder, "--require-hashes", "--no-deps", "--no-compile", "--no-input", "--disable-pip-version-check", "--no-warn-script-location", "--progress-bar", "off", ...source, ...selection, "-r", requirements],
    { purpose: "Fetching the course store's packages", advice: "Connect this computer to the internet and press Retry.", signal, onLine },
  );
}

/** pip's options for a host that need not be like this computer; none where it is this computer. */
function foreignTags(python: KitPython, platform: BuildContext["platform"]): string[] {
  const minor = /^cp3(\d{2})$/.exec(python.tag)?.[1];
  if (minor === undefined) throw new MentorError("python-missing", `The course store's packages are not known for ${python.tag}.`);
  if (platform === "linux-x64") return ["--implementation", "cp", "--python-version", `3.${minor}`, ...[...MANYLINUX, ...LEGACY].flatMap((name) => ["--platform", name])];
  if (python.path === undefined) throw new MentorError("kit-unavailable", `The course store's packages can only be fetched for ${platform} on such a computer.`);
  return [];
}

async function findPython(python: KitPython, signal?: AbortSignal): Promise<string[]> {
  const advice = "Install Python 3 with pip on this computer (on Debian or Ubuntu: apt-get install python3 python3-pip), then press Retry.";
  const candidates = [...(python.path === undefined ? [] : [[python.path]]), ["python3"], ["python"], ["py", "-3"]];
  for (const candidate of candidates) {
    try {
      await runProgram([...candidate, "-m", "pip", "--version"], { purpose: "Fetching the course store's packages", advice, signal });
      return candidate;
    } catch {
      signal?.throwIfAborted();
    }
  }
  throw new MentorError("kit-unavailable", "Python's package client pip is not on this computer; the course store comes through it.", { advice });
}

/** Parts that Milvus Lite never loads: half the size of what travels. */
const PRUNED = [
  /(^|\/)(tests?|__pycache__)\//,
  /^bin\//,
  /\.(pyx|pxd|pxi|pyi|h|hpp|a|lib|cc|cpp)$/,
  /^pyarrow\/(include|src)\//,
  /^pyarrow\/(lib)?(arrow_|_)?(python_)?flight/,
  /^pyarrow\/lib[a-z_]+\.so(\.\d+\.\d+\.\d+)?$/,
  // Certificates for the internet, which nothing here talks to. Some computers' Python adds its own to
  // this very file when it starts, and the layer would count as damaged ever after.
  /^certifi\/cacert\.pem$/,
  // Names the folder it was installed into, and when: would make every build differ.
  /\.dist-info\/(RECORD|direct_url\.json|INSTALLER|REQUESTED)$/,
];

async function prune(folder: string): Promise<void> {
  for (const path of await walk(folder)) if (PRUNED.some((pattern) => pattern.test(path))) await rm(join(folder, path));
  await removeEmpty(folder);
}

async function removeEmpty(folder: string): Promise<boolean> {
  let empty = true;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !(await removeEmpty(join(folder, entry.name)))) empty = false;
  }
  if (empty) await rm(folder, { recursive: true });
  return empty;
}
