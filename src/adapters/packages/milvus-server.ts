import type { Progress } from "../../contract/progress.ts";
import { MILVUS_SERVER } from "./pins.ts";
import { pythonWithPip } from "./pip.ts";
import { fetchWheel } from "./wheel.ts";

/** The real Milvus server for Linux on x86-64, for a kit: fetched once and shared by all that use this cache. */
export const milvusServer = (cacheDir: string) => ({
  version: MILVUS_SERVER.version,
  sha256: MILVUS_SERVER.sha256,
  fetch: (options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void }): Promise<string> => fetchWheel(MILVUS_SERVER, { cacheDir, selection: ["--platform", "manylinux2014_x86_64"], ...options }),
  python: (signal?: AbortSignal): Promise<readonly string[]> => pythonWithPip(signal),
});
