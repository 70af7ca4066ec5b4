import { LAYER_FOLDERS, type Kit, type KitLayer } from "../../contract/kit.ts";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../in-turn.ts";
import type { InstallKitOptions } from "./install.ts";
import type { RemoteFolder } from "./remote-folder.ts";

const TITLES: Record<KitLayer["name"], string> = { node: "Node", engine: "the LLM engine", python: "the course store", milvus: "the Milvus server", services: "the services" };

const UNPACK = `set -e
rm -rf -- "$2"
mkdir -- "$2"
tar -xzf "$1" -C "$2" --no-same-owner`;

/** The archive goes, and what was unpacked of it gets its name. */
const NAME = `set -e
rm -rf -- "$3" "$1"
mv -- "$2" "$3"`;

/** A kit's layers on a host: `<kits>/layers/<name>-<hash>`. A layer has its name only once every file in it has been compared. */
export class HostLayers {
  readonly #remote: RemoteFolder;
  readonly #folder: string;
  readonly #node: KitLayer;
  readonly #signal: AbortSignal;

  /** @param folder of the layers on the host */
  constructor(kit: Kit, remote: RemoteFolder, folder: string, signal: AbortSignal) {
    this.#remote = remote;
    this.#folder = folder;
    this.#node = kit.layers.find(({ name }) => name === "node")!;
    this.#signal = signal;
  }

  folderOf({ name, hash }: KitLayer): string {
    return `${this.#folder}/${name}-${hash}`;
  }

  /** Which of these have to be sent. */
  async missing(layers: readonly KitLayer[]): Promise<KitLayer[]> {
    const there = new Set(await this.#remote.list(this.#folder));
    const has = ({ name, hash }: KitLayer) => there.has(`${name}-${hash}`);
    const whole = await Promise.all(layers.map(async (layer) => has(layer) && has(this.#node) && (await this.verify(this.folderOf(layer), "--sizes"))));
    return layers.filter((_, index) => !whole[index]);
  }

  /** Compares a folder with its list; `node` is what runs the comparison. */
  async verify(folder: string, depth: "--sizes" | "--all", node = this.folderOf(this.#node)): Promise<boolean> {
    const from = `${node}/${LAYER_FOLDERS.node}`;
    const result = await this.#remote.host.exec([`${from}/node`, `${from}/verify.ts`, ...(depth === "--sizes" ? [depth] : []), folder], { signal: this.#signal });
    return result.exitCode === 0;
  }

  /**
   * Sends layers one after the other, the largest first: it is unpacked while the line carries the
   * others. Rejects with the first failure, once all of them have come to rest.
   *
   * @param stop ends the work on the others when one fails
   */
  async bring(layers: readonly KitLayer[], { upload, onProgress }: Pick<InstallKitOptions, "upload" | "onProgress">, stop: AbortController): Promise<void> {
    const total = layers.reduce((sum, layer) => sum + archiveOf(layer).bytes, 0);
    const line = new InTurn();
    let sent = 0;
    const send = async (layer: KitLayer) => {
      const { path, bytes } = archiveOf(layer);
      await upload(path, this.#incoming(layer), (progress) => onProgress?.({ ...progress, done: sent + progress.done, total, detail: `Sending ${TITLES[layer.name]}: ${progress.detail}` }), this.#signal);
      sent += bytes;
      onProgress?.({ done: sent, total, unit: "bytes", rate: null, etaSeconds: null, detail: `Unpacking ${TITLES[layer.name]}` });
    };
    const bringing = new Map<KitLayer, Promise<void>>();
    const bring = async (layer: KitLayer) => {
      await line.run(() => send(layer));
      await this.#remote.script(UNPACK, [this.#incoming(layer), this.#unpacked(layer)]);
      if (layer !== this.#node) await bringing.get(this.#node);
      await this.#prove(layer);
    };
    for (const layer of layers.toSorted((a, b) => archiveOf(b).bytes - archiveOf(a).bytes)) bringing.set(layer, bring(layer));
    try {
      await Promise.all(bringing.values());
    } catch (error) {
      stop.abort(error);
      await Promise.allSettled(bringing.values());
      throw error;
    }
  }

  async #prove(layer: KitLayer): Promise<void> {
    const [incoming, unpacked] = [this.#incoming(layer), this.#unpacked(layer)];
    // Node proves itself: its archive was proven on arrival, and a damaged one would not run.
    if (!(await this.verify(unpacked, "--all", layer === this.#node ? unpacked : undefined))) {
      await this.#remote.run(["rm", "-rf", "--", unpacked, incoming]);
      throw new MentorError("kit-corrupt", `What was unpacked of ${TITLES[layer.name]} on ${this.#remote.host.label} is not what was sent.`, { details: { layer: layer.name } });
    }
    await this.#remote.script(NAME, [incoming, unpacked, this.folderOf(layer)]);
  }

  #incoming({ hash }: KitLayer): string {
    return `${this.#folder}/incoming-${hash}.tar.gz`;
  }

  #unpacked({ hash }: KitLayer): string {
    return `${this.#folder}/unpacked-${hash}`;
  }
}

export function archiveOf(layer: KitLayer): { path: string; bytes: number } {
  if (layer.archive === null) throw new MentorError("internal", "The kit was built for this computer, without archives.");
  return layer.archive;
}
