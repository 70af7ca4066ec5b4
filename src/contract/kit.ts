/**
 * The folder that travels to a host: Node, the services, the LLM engine and, where the course store
 * runs on the host's Python, its packages, or else the real Milvus server. It is made of layers, so that a new version of the
 * services does not send the engine again.
 */
export const KIT_LAYERS = ["node", "engine", "python", "milvus", "services"] as const;
export type KitLayerName = (typeof KIT_LAYERS)[number];

export type KitPlatform = "linux-x64" | "linux-arm64" | "darwin-x64" | "darwin-arm64" | "win32-x64" | "win32-arm64";

export type KitGpu = "cpu" | "cuda" | "metal";

export interface KitLayer {
  name: KitLayerName;
  /** SHA-256 over the names, modes and contents of its files; 32 hex digits of it. */
  hash: string;
  /** Unpacked, on this computer; holds a `layer.json` that lists every file. */
  folder: string;
  files: number;
  /** Unpacked bytes. */
  bytes: number;
  /** A .tar.gz of the folder; null where the kit was built for this computer only. */
  archive: { path: string; bytes: number } | null;
}

export interface Kit {
  /** Of its layers' hashes: the same inputs give the same hash on every computer. */
  hash: string;
  /** Ready to run on this computer, when it was built for it. */
  folder: string;
  version: string;
  platform: KitPlatform;
  gpu: KitGpu;
  layers: KitLayer[];
  files: number;
  bytes: number;
}

/** `kit.json` in a kit's folder, here and on the host. */
export interface KitManifest {
  hash: string;
  version: string;
  platform: KitPlatform;
  gpu: KitGpu;
  layers: { name: KitLayerName; hash: string }[];
}

/**
 * The one folder that each layer holds, but the services', whose files lie at its top. A kit's folder
 * holds the services' files and links to these. Node looks for packages from a file's real
 * place upwards: so the engine's is called node_modules inside its layer too.
 */
export const LAYER_FOLDERS = { node: "bin", engine: "node_modules", python: "python", milvus: "milvus" } as const;
