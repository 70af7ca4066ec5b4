import { rename, rm, stat } from "node:fs/promises";
import { create } from "tar";
import type { KitLayer } from "../../src/contract/kit.ts";
import { walk } from "./layer.ts";

/** A time for all files, so that the same layer makes the same archive. */
const MTIME = new Date("2026-01-01T00:00:00Z");

/** Packs a layer beside its folder, as .tar.gz: what every host can unpack before it has anything of ours. */
export async function archiveLayer(layer: KitLayer, signal?: AbortSignal): Promise<KitLayer> {
  const path = `${layer.folder}-${layer.hash}.tar.gz`;
  const there = await stat(path).catch(() => null);
  if (there !== null) return { ...layer, archive: { path, bytes: there.size } };
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    // With ./ in front no name can be taken for an option or, with @, for another archive.
    const names = (await walk(layer.folder)).map((name) => `./${name}`);
    await create({ file: temporary, cwd: layer.folder, gzip: { level: 6 }, portable: true, mtime: MTIME, onWriteEntry: () => signal?.throwIfAborted() }, names);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return { ...layer, archive: { path, bytes: (await stat(path)).size } };
}
