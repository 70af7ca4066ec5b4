import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The folder with all that is read as a file at run time, laid out like this project. In the sources
 * it is the project itself; in the packaged app it is Electron's `resources` folder beside
 * `app.asar`, which `remote/kit/ship.ts` fills. Either way it is the nearest one upwards.
 */
export function projectFolder(from = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "remote", "kit", "requirements.txt"))) return folder;
    if (folder === dirname(folder)) throw new Error(`The app's own files are not above ${from}: it is not installed whole.`);
  }
}

/** The documents of the sample course. */
export const practiceCourseFolder = (): string => join(projectFolder(), "assets", "practice-course");
