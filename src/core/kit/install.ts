import type { AgentAddress } from "../../contract/agent.ts";
import { LAYER_FOLDERS, type Kit, type KitLayer, type KitManifest } from "../../contract/kit.ts";
import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import type { HostLayout } from "../host/layout.ts";
import type { Host } from "../ports.ts";

/** Sends one file to the host and proves it there; fulfilled by the upload engine. */
export type SendFile = (source: string, destination: string, onProgress: ((progress: Progress) => void) | undefined, signal: AbortSignal | undefined) => Promise<void>;

export interface InstallKitOptions {
  host: Host;
  /** Built with archives. */
  kit: Kit;
  layout: Pick<HostLayout, "kits" | "run">;
  upload: SendFile;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface InstalledKit {
  /** Folder of the kit on the host. */
  path: string;
  /** Nothing had to be sent. */
  skipped: boolean;
  /** Bytes of the archives that were sent. */
  bytesSent: number;
}

/** Path of one of a kit's programs; with `/`, which Windows takes too. */
export function kitProgram(kit: string, program: "node" | "agent.mjs" | "llm.mjs" | "api.mjs" | "receiver.py" | "start_llm_server.sh"): string {
  return program === "node" ? `${kit}/${LAYER_FOLDERS.node}/node` : `${kit}/${program}`;
}

/**
 * Makes sure that the kit is on a Linux host, whole: `<kits>/<hash>` with links into
 * `<kits>/layers/<name>-<hash>`. A layer gets its name only after every file in it has been
 * compared; what is there already, of this kit or an earlier one, is not sent again.
 *
 * @throws MentorError kit-corrupt when what arrived is not what was sent; disk-full; and whatever `upload` throws
 */
export async function installKit(options: InstallKitOptions): Promise<InstalledKit> {
  const { host, kit, signal, onProgress } = options;
  const { kits } = options.layout;
  const remote = new RemoteFolder(host, signal);
  const layersFolder = `${kits}/layers`;
  const folderOf = ({ name, hash }: KitLayer) => `${layersFolder}/${name}-${hash}`;
  const nodeLayer = kit.layers.find(({ name }) => name === "node")!;
  const verifier = `${folderOf(nodeLayer)}/${LAYER_FOLDERS.node}`;
  const verify = async (folder: string, from: string, depth: "--sizes" | "--all"): Promise<boolean> => {
    if ((await host.stat(`${folder}/layer.json`)) === null) return false;
    const result = await host.exec([`${from}/node`, `${from}/verify.ts`, ...(depth === "--sizes" ? [depth] : []), folder], { signal });
    return result.exitCode === 0;
  };

  await remote.run(["mkdir", "-p", "--", layersFolder]);
  const missing: KitLayer[] = [];
  for (const layer of kit.layers) if (!(await verify(folderOf(layer), verifier, "--sizes"))) missing.push(layer);

  const total = missing.reduce((sum, layer) => sum + archiveOf(layer).bytes, 0);
  let sent = 0;
  for (const layer of missing) {
    const { path, bytes } = archiveOf(layer);
    const incoming = `${layersFolder}/incoming-${layer.hash}.tar.gz`;
    const unpacked = `${layersFolder}/unpacked-${layer.hash}`;
    const before = sent;
    await options.upload(path, incoming, (progress) => onProgress?.({ ...progress, done: before + progress.done, total, detail: `Sending ${TITLES[layer.name]}: ${progress.detail}` }), signal);
    sent += bytes;
    onProgress?.({ done: sent, total, unit: "bytes", rate: null, etaSeconds: null, detail: `Unpacking ${TITLES[layer.name]}` });
    await remote.run(["rm", "-rf", "--", unpacked]);
    await remote.run(["mkdir", "--", unpacked]);
    await remote.run(["tar", "-xzf", incoming, "-C", unpacked, "--no-same-owner"]);
    // Node proves itself: its archive was proven on arrival, and a damaged one would not run.
    if (!(await verify(unpacked, layer === nodeLayer ? `${unpacked}/${LAYER_FOLDERS.node}` : verifier, "--all"))) {
      await remote.run(["rm", "-rf", "--", unpacked, incoming]);
      throw new MentorError("kit-corrupt", `What was unpacked of ${TITLES[layer.name]} on ${host.label} is not what was sent.`, { details: { layer: layer.name } });
    }
    await remote.run(["rm", "-rf", "--", folderOf(layer), incoming]);
    await remote.run(["mv", "--", unpacked, folderOf(layer)]);
  }

  const folder = `${kits}/${kit.hash}`;
  const isAssembled = (await host.stat(`${folder}/kit.json`)) !== null && (await verify(folder, verifier, "--sizes"));
  if (!isAssembled) await assemble(remote, options, folder, folderOf);
  // The one place that a person at a shell on the host is told about.
  await remote.run(["ln", "-sfn", "--", `${folder}/start_llm_server.sh`, `${kits}/../start_llm_server.sh`]);
  await prune(remote, options);
  return { path: folder, skipped: missing.length === 0 && isAssembled, bytesSent: sent };
}

const KIT_NAME = /^[0-9a-f]{32}(\.new)?$/;

const TITLES: Record<KitLayer["name"], string> = { node: "Node", engine: "the LLM engine", python: "the course store", milvus: "the Milvus server", services: "the services" };

async function assemble(remote: RemoteFolder, { kit }: InstallKitOptions, folder: string, folderOf: (layer: KitLayer) => string): Promise<void> {
  const temporary = `${folder}.new`;
  await remote.run(["rm", "-rf", "--", temporary]);
  await remote.run(["mkdir", "--", temporary]);
  for (const layer of kit.layers) {
    if (layer.name === "services") await remote.run(["cp", "-R", "--", `${folderOf(layer)}/.`, temporary]);
    else await remote.run(["ln", "-s", "--", `${folderOf(layer)}/${LAYER_FOLDERS[layer.name]}`, `${temporary}/${LAYER_FOLDERS[layer.name]}`]);
  }
  const content: KitManifest = { hash: kit.hash, version: kit.version, platform: kit.platform, gpu: kit.gpu, layers: kit.layers.map(({ name, hash }) => ({ name, hash })) };
  await remote.host.writeFile(`${temporary}/kit.json`, JSON.stringify(content), 0o644);
  await remote.run(["rm", "-rf", "--", folder]);
  await remote.run(["mv", "--", temporary, folder]);
}

/** Removes earlier kits but the one that a running agent uses, and layers that no remaining kit has. */
async function prune(remote: RemoteFolder, { kit, layout }: InstallKitOptions): Promise<void> {
  const { kits } = layout;
  const address = await remote.host.readFile(`${layout.run}/agent.json`);
  const inUse = address === null ? undefined : (JSON.parse(Buffer.from(address).toString()) as AgentAddress).kitHash;
  const keep = new Set([kit.hash, ...(inUse === undefined ? [] : [inUse])]);
  const old = (await remote.list(kits)).filter((name) => KIT_NAME.test(name) && !keep.has(name));
  const used = new Set(kit.layers.map(({ name, hash }) => `${name}-${hash}`));
  const other = inUse === undefined || inUse === kit.hash || !KIT_NAME.test(inUse) ? null : await remote.host.readFile(`${kits}/${inUse}/kit.json`);
  if (other !== null) for (const { name, hash } of (JSON.parse(Buffer.from(other).toString()) as KitManifest).layers) used.add(`${name}-${hash}`);
  const oldLayers = (await remote.list(`${kits}/layers`)).filter((name) => /^(node|engine|python|milvus|services|unpacked)-[0-9a-f]{32}$/.test(name) && !used.has(name));
  const paths = [...old.map((name) => `${kits}/${name}`), ...oldLayers.map((name) => `${kits}/layers/${name}`)];
  if (paths.length > 0) await remote.run(["rm", "-rf", "--", ...paths]);
}

function archiveOf(layer: KitLayer): { path: string; bytes: number } {
  if (layer.archive === null) throw new MentorError("internal", "The kit was built for this computer, without archives.");
  return layer.archive;
}

/** A few file programs that every Linux host has. */
class RemoteFolder {
  readonly host: Host;
  readonly #signal: AbortSignal | undefined;

  constructor(host: Host, signal: AbortSignal | undefined) {
    this.host = host;
    this.#signal = signal;
  }

  async run(argv: readonly string[]): Promise<string> {
    const result = await this.host.exec(argv, { signal: this.#signal });
    if (result.exitCode === 0) return result.stdout;
    const cause = new Error(result.stderr.trim());
    if (/no space left|quota exceeded/i.test(cause.message)) throw new MentorError("disk-full", `There is not enough disk space on ${this.host.label} for the tools.`, { cause });
    throw new MentorError("host-unsuitable", `The program "${argv[0]}" did not work on ${this.host.label}: ${cause.message.split("\n")[0] || `exit code ${result.exitCode}`}`, { kept: "What had arrived on the host is kept.", cause });
  }

  async list(folder: string): Promise<string[]> {
    return (await this.run(["ls", "-1", "--", folder])).split("\n").filter((name) => name !== "");
  }
}
