import type { KitPlatform } from "../../src/contract/kit.ts";
import type { Progress } from "../../src/contract/progress.ts";

/** What every part of a kit's build needs to know. */
export interface BuildContext {
  /** The project's own folder: locks, sources, installed packages. */
  project: string;
  /** The kit's folder in the cache. */
  cache: string;
  platform: KitPlatform;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** One layer before it is built. */
export interface LayerRecipe {
  /** Everything that its content depends on; the same inputs are never built twice. */
  inputs(): Promise<string>;
  /** Fills a folder, which it makes. */
  build(folder: string): Promise<void>;
}
