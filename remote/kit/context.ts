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

/** What is to be fetched of the Python package registry. */
export interface WantedWheels {
  /** Path of a requirements file that pins every package by version and content. */
  requirements: string;
  /** Where the wheels go. What is there already is not fetched again, and what is half there goes on. */
  folder: string;
  /** Command of a Python that has pip. */
  python: readonly string[];
  /** pip's options that choose the host's files among a package's. */
  selection: readonly string[];
}

/** Brings wheels into a folder, proven; false where only pip itself can reach the registry. */
export type FetchWheels = (wanted: WantedWheels, options: Pick<BuildContext, "signal" | "onProgress">) => Promise<boolean>;
