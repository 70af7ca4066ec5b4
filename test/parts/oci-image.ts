import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Header } from "tar";

/** One entry of a layer, as tar has it; a file's content, or what a link points to. */
export type LayerEntry = { path: string; mode?: number } & ({ file: string | Buffer } | { folder: true } | { symlink: string } | { hardlink: string } | { device: true });

const TYPES = { file: "File", folder: "Directory", symlink: "SymbolicLink", hardlink: "Link", device: "CharacterDevice" } as const;

export function layer(...entries: LayerEntry[]): Buffer {
  const blocks = entries.map((entry) => {
    const kind = (Object.keys(TYPES) as (keyof typeof TYPES)[]).find((name) => name in entry)!;
    const content = "file" in entry && typeof entry.file !== "string" ? entry.file : Buffer.from("file" in entry ? (entry.file as string) : "");
    const linkpath = "symlink" in entry ? entry.symlink : "hardlink" in entry ? entry.hardlink : undefined;
    const header = new Header({ path: entry.path, mode: entry.mode ?? 0o644, uid: 0, gid: 0, size: content.length, mtime: new Date(0), type: TYPES[kind], linkpath });
    const block = Buffer.alloc(512);
    header.encode(block);
    return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** What one piece of an image is called, by OCI and by Docker, whose registries hold both. */
const MEDIA_TYPES = {
  oci: { index: "application/vnd.oci.image.index.v1+json", manifest: "application/vnd.oci.image.manifest.v1+json", config: "application/vnd.oci.image.config.v1+json", layer: "application/vnd.oci.image.layer.v1.tar" },
  docker: { index: "application/vnd.docker.distribution.manifest.list.v2+json", manifest: "application/vnd.docker.distribution.manifest.v2+json", config: "application/vnd.docker.container.image.v1+json", layer: "application/vnd.docker.image.rootfs.diff.tar" },
};

/** Writes an OCI layout as skopeo does, and returns the digest that names its index. */
export function writeImage(folder: string, layers: Buffer[], compress: "gzip" | "zstd" | "none" = "gzip", kind: "oci" | "docker" = "oci"): { digest: string; blobs: string[] } {
  const types = MEDIA_TYPES[kind];
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
  const ending = { gzip: kind === "oci" ? "+gzip" : ".gzip", zstd: "+zstd", none: "" }[compress];
  const diffs = layers.map((content) => `sha256:${createHash("sha256").update(content).digest("hex")}`);
  const config = put(types.config, json({ os: "linux", architecture: "amd64", config: {}, rootfs: { type: "layers", diff_ids: diffs } }));
  const manifestOf = (parts: Buffer[], architecture: string) => {
    const described = parts.map((content) => put(`${types.layer}${ending}`, packed(content)));
    return put(types.manifest, json({ schemaVersion: 2, mediaType: types.manifest, config, layers: described }), { platform: { os: "linux", architecture } });
  };
  const manifest = manifestOf(layers, "amd64");
  const index = put(types.index, json({ schemaVersion: 2, mediaType: types.index, manifests: [manifestOf([], "arm64"), manifest] }));
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, "index.json"), json({ schemaVersion: 2, manifests: [index] }));
  return { digest: index.digest, blobs };
}
