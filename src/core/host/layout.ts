import { posix, win32, type PlatformPath } from "node:path";

/** Where everything of ours lies on a host; the only place that knows these names. */
export interface HostLayout {
  root: string;
  home: string;
  kits: string;
  run: string;
  logs: string;
  milvusData: string;
  courseData: string;
  models: string;
}

export function hostLayout(root: string, platform: string): HostLayout {
  const { join }: PlatformPath = platform === "win32" ? win32 : posix;
  const home = join(root, "ai-mentor");
  return {
    root,
    home,
    kits: join(home, "kit"),
    run: join(home, "run"),
    logs: join(home, "logs"),
    milvusData: join(home, "data", "milvus"),
    courseData: join(home, "data", "course"),
    models: join(root, "models"),
  };
}
