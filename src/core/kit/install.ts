import type { AgentAddress } from "../../contract/agent.ts";
import { LAYER_FOLDERS, type Kit, type KitLayer, type KitLayerName, type KitManifest } from "../../contract/kit.ts";
import type { Progress } from "../../contract/progress.ts";
import type { HostLayout } from "../host/layout.ts";
import type { Host } from "../ports.ts";
import { archiveOf, HostLayers } from "./layers.ts";
import { RemoteFolder } from "./remote-folder.ts";

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

/** What the agent runs from; the others may come while it runs. */
const FIRST: ReadonlySet<KitLayerName> = new Set(["node", "services"]);

/**
 * Makes sure that the kit's folder is on a Linux host, with all that the agent needs: `<kits>/<hash>`
 * with links into `<kits>/layers/<name>-<hash>`. A layer gets its name only after every file in it has
 * been compared; what is there already, of this kit or an earlier one, is not sent again. The links to
 * the layers that `installServers` brings lead nowhere until they are there.
 *
 * @throws MentorError kit-corrupt when what arrived is not what was sent; disk-full; and whatever `upload` throws
 */
export async function installKit(options: InstallKitOptions): Promise<InstalledKit> {
  const { host, kit, layout } = options;
  const { layers, remote, bring } = await layersOf(options);
  const folder = `${layout.kits}/${kit.hash}`;
  const isAssembled = host.stat(`${folder}/kit.json`).then(async (found) => found !== null && (await layers.verify(folder, "--sizes")));
  const [bytesSent, assembled] = await Promise.all([bring(kit.layers.filter(({ name }) => FIRST.has(name))), isAssembled]);
  if (!assembled) await assemble(remote, kit, folder, layers);
  return { path: folder, skipped: bytesSent === 0 && assembled, bytesSent };
}

/** Brings what is left of a kit that `installKit` has put there: the LLM engine and the course store. Throws as it does. */
export async function installServers(options: InstallKitOptions): Promise<InstalledKit> {
  const { kit, layout } = options;
  const { remote, bring } = await layersOf(options);
  const folder = `${layout.kits}/${kit.hash}`;
  const bytesSent = await bring(kit.layers.filter(({ name }) => !FIRST.has(name)));
  await Promise.all([
    // The one place that a person at a shell on the host is told about.
    remote.run(["ln", "-sfn", "--", `${folder}/start_llm_server.sh`, `${layout.kits}/../start_llm_server.sh`]),
    prune(remote, options),
  ]);
  return { path: folder, skipped: bytesSent === 0, bytesSent };
}

/** `bring` sends what is missing of the layers it is given, and resolves with the bytes that it sent. */
async function layersOf(options: InstallKitOptions) {
  const { host, kit, layout } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const remote = new RemoteFolder(host, signal);
  await remote.run(["mkdir", "-p", "--", `${layout.kits}/layers`]);
  const layers = new HostLayers(kit, remote, `${layout.kits}/layers`, signal);
  const bring = async (wanted: readonly KitLayer[]): Promise<number> => {
    const missing = await layers.missing(wanted);
    await layers.bring(missing, options, stop);
    return missing.reduce((sum, layer) => sum + archiveOf(layer).bytes, 0);
  };
  return { layers, remote, bring };
}

const KIT_NAME = /^[0-9a-f]{32}(\.new)?$/;

/** The folder, the services' layer, and the folders to link to; the kit's description comes on the standard input. It gets its name last. */
const ASSEMBLE = `set -e
folder=$1 services=$2
shift 2
rm -rf -- "$folder.new"
mkdir -- "$folder.new"
cp -R -- "$services/." "$folder.new"
for target; do ln -s -- "$target" "$folder.new/\${target##*/}"; done
cat >"$folder.new/kit.json"
chmod 644 "$folder.new/kit.json"
rm -rf -- "$folder"
mv -- "$folder.new" "$folder"`;

async function assemble(remote: RemoteFolder, kit: Kit, folder: string, layers: HostLayers): Promise<void> {
  const services = kit.layers.find(({ name }) => name === "services")!;
  const linked = kit.layers.flatMap((layer) => (layer.name === "services" ? [] : [`${layers.folderOf(layer)}/${LAYER_FOLDERS[layer.name]}`]));
  const content: KitManifest = { hash: kit.hash, version: kit.version, platform: kit.platform, gpu: kit.gpu, layers: kit.layers.map(({ name, hash }) => ({ name, hash })) };
  await remote.script(ASSEMBLE, [folder, layers.folderOf(services), ...linked], JSON.stringify(content));
}

/** Removes earlier kits but the one that a running agent uses, and layers that no remaining kit has. */
async function prune(remote: RemoteFolder, { kit, layout }: InstallKitOptions): Promise<void> {
  const { kits } = layout;
  const [address, kitNames, layerNames] = await Promise.all([remote.host.readFile(`${layout.run}/agent.json`), remote.list(kits), remote.list(`${kits}/layers`)]);
  const inUse = address === null ? undefined : (JSON.parse(Buffer.from(address).toString()) as AgentAddress).kitHash;
  const keep = new Set([kit.hash, ...(inUse === undefined ? [] : [inUse])]);
  const old = kitNames.filter((name) => KIT_NAME.test(name) && !keep.has(name));
  const used = new Set(kit.layers.map(({ name, hash }) => `${name}-${hash}`));
  const other = inUse === undefined || inUse === kit.hash || !KIT_NAME.test(inUse) ? null : await remote.host.readFile(`${kits}/${inUse}/kit.json`);
  if (other !== null) for (const { name, hash } of (JSON.parse(Buffer.from(other).toString()) as KitManifest).layers) used.add(`${name}-${hash}`);
  const oldLayers = layerNames.filter((name) => /^(node|engine|python|milvus|services|unpacked)-[0-9a-f]{32}$/.test(name) && !used.has(name));
  const paths = [...old.map((name) => `${kits}/${name}`), ...oldLayers.map((name) => `${kits}/layers/${name}`)];
  if (paths.length > 0) await remote.run(["rm", "-rf", "--", ...paths]);
}
