import { join } from "node:path";
import { makePracticeStick, PRACTICE_STICK_NAME } from "../../adapters/practice/stick.ts";
import type { PracticeEvent } from "../../contract/rpc.ts";
import type { Stick } from "../../contract/stick.ts";
import type { Drives, Volume } from "../../core/ports.ts";
import { inspectStick } from "../../core/stick/inspect.ts";
import { latest } from "./latest.ts";
import { practiceCourseFolder } from "./resources.ts";
import type { SettingsStore } from "./settings-store.ts";

export interface SticksOptions {
  drives: Drives;
  settings: SettingsStore;
  dataFolder: string;
  cacheFolder: string;
}

/** What can be started from: plugged-in volumes, folders chosen by hand, and the practice stick once it exists. */
export class Sticks {
  readonly #options: SticksOptions;

  constructor(options: SticksOptions) {
    this.#options = options;
  }

  async list(): Promise<Stick[]> {
    return await this.#look(await this.#options.drives.list());
  }

  /** The whole list at once and again at every change, until the signal aborts. */
  async *watch(signal: AbortSignal): AsyncGenerator<Stick[]> {
    for await (const volumes of latest<Volume[]>((push) => this.#options.drives.watch(push, signal), signal)) {
      yield await this.#look(volumes);
    }
  }

  /** Reads one folder as a stick; `remember` keeps it in the list from now on. */
  async inspect(path: string, remember: boolean): Promise<Stick> {
    const stick = await inspectStick(path);
    if (remember && stick.problem?.code !== "stick-missing") {
      await this.#options.settings.update((settings) => ({ ...settings, folders: [stick.path, ...settings.folders.filter((folder) => folder !== stick.path)].slice(0, 8) }));
    }
    return stick;
  }

  async *makePractice(signal: AbortSignal): AsyncGenerator<PracticeEvent> {
    const { dataFolder, cacheFolder } = this.#options;
    let folder: string | undefined;
    const work = (push: (event: PracticeEvent) => void) =>
      makePracticeStick({ dataFolder, cacheDir: cacheFolder, courseFolder: practiceCourseFolder(), signal, onProgress: (progress) => push({ type: "progress", progress }) }).then((made) => {
        folder = made;
      });
    yield* latest<PracticeEvent>(work, signal);
    if (folder !== undefined) yield { type: "done", stick: await inspectStick(folder, { kind: "practice", label: "Practice stick" }) };
  }

  async #look(volumes: readonly Volume[]): Promise<Stick[]> {
    const { settings, dataFolder } = this.#options;
    const practice = join(dataFolder, PRACTICE_STICK_NAME);
    const plugged = volumes.filter((volume) => volume.removable).map(({ path, label, readOnly }) => inspectStick(path, { kind: "removable", label, readOnly }));
    const chosen = (await settings.read()).folders.filter((folder) => folder !== practice).map((folder) => inspectStick(folder));
    const sticks = await Promise.all([...plugged, ...chosen, inspectStick(practice, { kind: "practice", label: "Practice stick" })]);
    // A volume without any model is not worth a card of its own unless it was chosen by hand.
    return sticks.filter((stick) => stick.problem?.code !== "stick-missing" && (stick.kind !== "practice" || stick.models.length > 0));
  }
}
