import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { milvusProgram } from "./milvus-server.ts";
import { layer, writeImage, type LayerEntry } from "./oci-image.ts";

/** What the server takes from the C library, whose names Ubuntu has as here. */
const C_LIBRARY = ["ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2"];
const SYSTEM = "usr/lib/x86_64-linux-gnu";

/**
 * An image that is laid out as the official one: Ubuntu's folders with this computer's C library, and
 * the real server 2.3.5 with its libraries in /milvus. Its own settings let everybody in and know no
 * embedded etcd, as the official ones. Not compressed, which would take a minute.
 */
export async function makeMilvusImage(folder: string, kind: "oci" | "docker" = "oci"): Promise<{ digest: string; blobs: string[] }> {
  const program = await milvusProgram();
  const base: LayerEntry[] = [
    { path: "lib", symlink: "usr/lib" },
    { path: "lib64", symlink: "usr/lib64" },
    { path: "usr/lib64/ld-linux-x86-64.so.2", symlink: "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" },
    ...C_LIBRARY.map((name): LayerEntry => ({ path: `${SYSTEM}/${name}`, file: readFileSync(`/lib/x86_64-linux-gnu/${name}`), mode: 0o755 })),
  ];
  const milvus = readdirSync(program, { withFileTypes: true }).filter((entry) => entry.isFile());
  const server: LayerEntry[] = [
    ...milvus.map(({ name }): LayerEntry => ({ path: name === "milvus" ? "milvus/bin/milvus" : `milvus/lib/${name}`, file: readFileSync(join(program, name)), mode: 0o774 })),
    { path: "milvus/configs/milvus.yaml", file: "etcd:\n  use:\n    embed: false\ncommon:\n  storageType: remote\n  security:\n    authorizationEnabled: false\n" },
    { path: "milvus/configs/glog.conf", file: "--logtostderr=true\n--minloglevel=1\n" },
  ];
  mkdirSync(folder, { recursive: true });
  return writeImage(folder, [layer(...base), layer(...server)], "none", kind);
}
