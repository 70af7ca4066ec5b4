import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import type { SettingsStore } from "./settings-store.ts";

/** Folders that are kept; the oldest goes first. */
const KEPT = 8;

/** Where course documents were read from, so that their sources open after a restart of the app too. */
export class CourseFolders {
  readonly #settings: SettingsStore;

  constructor(settings: SettingsStore) {
    this.#settings = settings;
  }

  /** Newest first. What is in the file was checked when it was kept, and counts only while it is a whole path. */
  async list(): Promise<string[]> {
    return (await this.#settings.read()).courseFolders.filter((folder) => isAbsolute(folder)).slice(0, KEPT);
  }

  /** Does nothing for what is no folder, or no whole path. */
  async keep(folder: string): Promise<void> {
    if (!isAbsolute(folder) || !(await stat(folder).catch(() => null))?.isDirectory()) return;
    const path = resolve(folder);
    await this.#settings.update((settings) => ({ ...settings, courseFolders: [path, ...settings.courseFolders.filter((other) => other !== path)].slice(0, KEPT) }));
  }
}
