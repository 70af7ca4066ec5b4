import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InTurn } from "../../core/in-turn.ts";
import { Settings } from "../../contract/settings.ts";

/** What the person chose, in `settings.json` of the data folder. A damaged file is put aside, never overwritten. */
export class SettingsStore {
  readonly #file: string;
  readonly #changes = new InTurn();

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, "settings.json");
  }

  async read(): Promise<Settings> {
    let text: string;
    try {
      text = await readFile(this.#file, "utf8");
    } catch {
      return Settings.parse({});
    }
    try {
      return Settings.parse(JSON.parse(text));
    } catch {
      await rename(this.#file, `${this.#file}.damaged`);
      return Settings.parse({});
    }
  }

  async write(settings: Settings): Promise<Settings> {
    await this.update(() => settings);
    return settings;
  }

  /** Changes are made one after another, so that two windows cannot undo each other's. */
  update(change: (settings: Settings) => Settings): Promise<void> {
    return this.#changes.run(async () => {
      const next = Settings.parse(change(await this.read()));
      await writeFile(`${this.#file}.new`, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
    });
  }
}
