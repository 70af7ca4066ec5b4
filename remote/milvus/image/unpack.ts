import { createReadStream, createWriteStream } from "node:fs";
import { link, lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import type { Progress } from "../../../src/contract/progress.ts";
import { corrupt, ImageLayout, type Descriptor } from "./layout.ts";

/** A name that takes away what a lower layer has (OCI image specification, "Whiteouts"). */
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/**
 * Unpacks an image into `folder`, which gets its name only when all of it is there. Without root and
 * without a container: owners, devices and set-user bits are left out, and nothing that the image
 * says is followed out of the folder, neither by a name nor by a link.
 *
 * @param image folder of an OCI layout
 * @param pinned `sha256:…` of the image
 * @throws MentorError kit-corrupt
 */
export async function unpackImage(image: string, pinned: string, folder: string, options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {}): Promise<void> {
  const { signal, onProgress } = options;
  const layout = new ImageLayout(image);
  const { layers } = await layout.parts(pinned);
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}.`);
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  try {
    const tree = new ImageTree(await realpath(temporary));
    for (const layer of layers) {
      const say = (bytes: number) => onProgress?.({ done: done + bytes, total, unit: "bytes", rate: null, etaSeconds: null, detail: "Unpacking the Milvus server" });
      say(0);
      await unpackLayer(await layout.proven(layer, signal), layer, tree, say, signal);
      done += layer.size;
    }
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function unpackLayer(path: string, { mediaType }: Descriptor, tree: ImageTree, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  // gzip is found by the parser itself.
  const source = mediaType.endsWith("+zstd") ? file.pipe(createZstdDecompress()) : file;
  const parser = new Parser({ strict: true });
  const written: string[] = [];
  let work: Promise<void> = Promise.resolve();
  const failed = new AbortController();
  parser.on("entry", (entry: ReadEntry) => {
    // Entries come one at a time: the next waits until this one has been read.
    work = work.then(() => tree.add(entry, written)).catch((error: unknown) => {
      failed.abort(error);
      entry.resume();
    });
  });
  const ended = new Promise<void>((done, fail) => {
    parser.once("end", done);
    parser.once("error", fail);
    failed.signal.addEventListener("abort", () => fail(failed.signal.reason as Error));
  });
  ended.catch(() => {}); // heard of below, once the reading has ended too
  try {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      if (failed.signal.aborted) break;
      onRead(file.bytesRead);
      if (!parser.write(chunk as Buffer)) await Promise.race([new Promise<void>((drained) => parser.once("drain", drained)), ended]);
    }
    parser.end();
    await ended;
    await work;
    if (failed.signal.aborted) throw failed.signal.reason;
  } catch (error) {
    source.destroy();
    if (signal?.aborted || (error as { code?: string }).code === "kit-corrupt") throw error;
    throw corrupt("A layer of the image cannot be unpacked.", error);
  }
}

/** The image's files as they come to be, layer over layer. */
class ImageTree {
  /** Real path. */
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** `written`: paths of the present layer, which its own whiteouts do not take away. */
  async add(entry: ReadEntry, written: string[]): Promise<void> {
    const name = this.#inside(entry.path);
    if (name === "") return void entry.resume();
    const base = posix.basename(name);
    if (base.startsWith(WHITEOUT)) {
      entry.resume();
      return base === OPAQUE ? this.#empty(posix.dirname(name), written) : this.#remove(posix.join(posix.dirname(name), base.slice(WHITEOUT.length)));
    }
    written.push(name);
    const path = await this.#place(name);
    switch (entry.type) {
      case "Directory":
        entry.resume();
        return this.#directory(path);
      case "File":
      case "OldFile":
      case "ContiguousFile":
        await rm(path, { recursive: true, force: true });
        return pipeline(entry, createWriteStream(path, { flags: "wx", mode: ((entry.mode ?? 0o644) & 0o777) | 0o600 }));
      case "SymbolicLink":
        entry.resume();
        await rm(path, { recursive: true, force: true });
        return symlink(this.#target(name, entry.linkpath ?? ""), path);
      case "Link": {
        entry.resume();
        const source = await this.#place(this.#inside(entry.linkpath ?? ""));
        if (!(await lstat(source).catch(() => null))?.isFile()) throw corrupt(`The image links ${name} to ${entry.linkpath}, which is no file in it.`);
        await rm(path, { recursive: true, force: true });
        return link(source, path);
      }
      default:
        // Devices and pipes are nothing that a server's files need.
        entry.resume();
    }
  }

  /** A name as the image means it, without a slash at either end. */
  #inside(name: string): string {
    const clean = posix.normalize(`./${name}`).replace(/^\.\/|\/+$/g, "").replace(/^\.$/, "");
    if (name.includes("\0") || clean === ".." || clean.startsWith("../")) throw corrupt(`The image holds a name that leads out of it: ${name}.`);
    return clean.replace(/^\/+/, "");
  }

  /** Where a name lies, its folder made; links in between are followed inside the image only. */
  async #place(name: string): Promise<string> {
    let folder = this.#root;
    for (const part of name.split("/").slice(0, -1)) {
      const next = join(folder, part);
      const found = await lstat(next).catch(() => null);
      if (found === null) await mkdir(next);
      else if (!found.isDirectory() && !found.isSymbolicLink()) throw corrupt(`The image has a file where it needs the folder ${part} for ${name}.`);
      folder = found?.isSymbolicLink() ? await realpath(next).catch(() => "") : next;
      if (!this.#holds(folder)) throw corrupt(`The image holds a link that leads out of it, on the way to ${name}.`);
    }
    return join(folder, posix.basename(name));
  }

  /** A link's target, relative: an absolute one is meant from the image's own top. */
  #target(name: string, target: string): string {
    const folder = resolve(this.#root, posix.dirname(name));
    const meant = target.startsWith("/") ? join(this.#root, target) : resolve(folder, target);
    if (target === "" || target.includes("\0") || !this.#holds(meant)) throw corrupt(`The image holds a link that leads out of it: ${name} to ${target}.`);
    return target.startsWith("/") ? relative(folder, meant) || "." : target;
  }

  async #directory(path: string): Promise<void> {
    const found = await lstat(path).catch(() => null);
    if (found?.isDirectory()) return;
    // A folder over a link to one keeps what lies behind the link.
    if (found?.isSymbolicLink() && this.#holds(await realpath(path).catch(() => ""))) return;
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
  }

  async #remove(name: string): Promise<void> {
    await rm(await this.#place(this.#inside(name)), { recursive: true, force: true });
  }

  /** Takes away what lower layers have in a folder. */
  async #empty(name: string, written: readonly string[]): Promise<void> {
    const folder = await this.#place(posix.join(name, "any"));
    const parent = dirname(folder);
    for (const each of await readdir(parent).catch(() => [])) {
      const inner = name === "." ? each : `${name}/${each}`;
      if (!written.some((path) => path === inner || path.startsWith(`${inner}/`))) await rm(join(parent, each), { recursive: true, force: true });
    }
  }

  #holds(path: string): boolean {
    return path === this.#root || path.startsWith(`${this.#root}${sep}`);
  }
}
