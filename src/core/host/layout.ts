import { posix, win32, type PlatformPath } from "node:path";

/** Where everything of ours lies on a host; the only place that knows these names. */
export interface HostLayout {
  root: string;
  home: string;
  kits: string;
  run: string;
  logs: string;
  /** One for each kind: neither can read what the other wrote. */
  milvusData: string;
  milvusServerData: string;
  milvusServerToken: string;
  /** Folder of the official stack of containers; its data is in `volumes` there. */
  milvusCompose: string;
  /** Followed by the image's digest: where the server of that image keeps its data. */
  milvusImageData: string;
  /** Images as they were unpacked. */
  milvusImages: string;
  /** Says which of them a session used last. */
  milvusLast: string;
  courseData: string;
  models: string;
}

/** `networkVolume` takes what must outlive the machine, in the folder that the original used. */
export function hostLayout(root: string, platform: string, networkVolume: string | null = null): HostLayout {
  const { join }: PlatformPath = platform === "win32" ? win32 : posix;
  const home = join(root, "ai-mentor");
  const apart = networkVolume !== null && networkVolume !== root;
  const data = apart ? join(networkVolume, "ai-mentor", "volumes") : join(home, "data");
  return {
    root,
    home,
    kits: join(home, "kit"),
    run: join(home, "run"),
    logs: join(home, "logs"),
    // There the original's own containers have a folder called milvus.
    milvusData: join(data, apart ? "milvus-lite" : "milvus"),
    milvusServerData: join(data, "milvus-server"),
    milvusServerToken: join(data, "milvus-server.token"),
    milvusCompose: join(data, "milvus-compose"),
    milvusImageData: join(data, "milvus-image"),
    milvusImages: join(home, "milvus"),
    milvusLast: join(data, "milvus.json"),
    courseData: join(data, "course"),
    models: join(root, "models"),
  };
}
