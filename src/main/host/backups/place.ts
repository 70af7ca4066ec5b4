import { access, constants, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { SettingsStore } from "../settings-store.ts";

/** Of a stick, and of the data folder where the stick cannot be written to. */
const FOLDER = "backups";

/** Where backups are kept: as the settings say, on the stick, or in the data folder. */
export async function backupFolder(settings: SettingsStore, dataFolder: string, stick: string | undefined): Promise<string> {
  const { backup } = await settings.read();
  if (backup.folder !== null) return backup.folder;
  return stick !== undefined && (await canHold(stick)) ? join(stick, FOLDER) : join(dataFolder, FOLDER);
}

async function canHold(stick: string): Promise<boolean> {
  const folder = join(stick, FOLDER);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What people call the course: the name of its folder, or of the stick where that says no more than "course". */
export function courseName(folder: string | null): string {
  if (folder === null) return "course";
  const name = basename(folder);
  return /^course$/i.test(name) ? basename(dirname(folder)) || name : name;
}
