import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Header } from "tar";

/** One entry of a layer, as tar has it; a file's content, or what a link points to. */
export type LayerEntry = { path: string; mode?: number } & ({ file: string } | { folder: true } | { symlink: string } | { hardlink: string } | { device: true });

const TYPES = { file: "File", folder: "Directory", symlink: "SymbolicLink", hardlink: "Link", device: "CharacterDevice" } as const;

export function layer(...entries: LayerEntry[]): Buffer {
  const blocks = entries.map((entry) => {
    const kind = (Object.keys(TYPES) as (keyof typeof TYPES)[]).find((name) => name in entry)!;
    const content = Buffer.from("file" in entry ? entry.file : "");
    const linkpath = "symlink" in entry ? entry.symlink : "hardlink" in entry ? entry.hardlink : undefined;
    const header = new Header({ path: entry.path, mode: entry.mode ?? 0o644, uid: 0, gid: 0, size: content.length, mtime: new Date(0), type: TYPES[kind], linkpath });
    const block = Buffer.alloc(512);
    header.encode(block);
    return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Writes an OCI layout as skopeo does, and returns the digest that names its index. */
export function writeImage(folder: string, layers: Buffer[], compress: "gzip" | "zstd" | "none" = "gzip"): { digest: string; blobs: string[] } {
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
  const blobs: string[] = [];
  const put = (mediaType: string, content: Buffer, rest: object = {}) => {
    const hex = createHash("sha256").update(content).digest("hex");
    const path = join(folder, "blobs", "sha256", hex);
    writeFileSync(path, content);
    blobs.push(path);
    return { mediaType, digest: `sha256:${hex}`, size: content.length, ...rest };
  };
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const packed = { gzip: (content: Buffer) => gzipSync(content), zstd: (content: Buffer) => zstdCompressSync(content), none: (content: Buffer) => content }[compress];
  const ending = { gzip: "+gzip", zstd: "+zstd", none: "" }[compress];
  const config = put("application/vnd.oci.image.config.v1+json", json({ os: "linux", architecture: "amd64" }));
  const manifest = put("application/vnd.oci.image.manifest.v1+json", json({ schemaVersion: 2, config, layers: layers.map((content) => put(`application/vnd.oci.image.layer.v1.tar${ending}`, packed(content))) }), { platform: { os: "linux", architecture: "amd64" } });
  const other = put("application/vnd.oci.image.manifest.v1+json", json({ schemaVersion: 2, config, layers: [] }), { platform: { os: "linux", architecture: "arm64" } });
  const index = put("application/vnd.oci.image.index.v1+json", json({ schemaVersion: 2, manifests: [other, manifest] }));
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, "index.json"), json({ schemaVersion: 2, manifests: [index] }));
  return { digest: index.digest, blobs };
}
