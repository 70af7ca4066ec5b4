import type { BackupCreated, BackupProgress } from "../../../contract/backup.ts";
import { createBackup } from "../../../core/backup/create.ts";
import type { Clock } from "../../../core/ports.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import type { SettingsStore } from "../settings-store.ts";
import { version } from "../version.ts";
import { courseStoreOf } from "./course-store.ts";
import type { BackupPassphrase } from "./passphrase.ts";
import { backupFolder, courseName } from "./place.ts";

export interface BackUpOptions {
  facts: SessionFacts;
  /** Of the session. */
  stick: string | undefined;
  settings: SettingsStore;
  dataFolder: string;
  clock: Clock;
  /** Default: where the settings say. */
  folder?: string;
  always?: boolean;
  /** Encrypts it; default: the kept one, where one is kept. */
  passphrase?: string;
  passphrases: BackupPassphrase;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

/** Backs up the course of a session, because somebody wants it or because the session stops. null: there is no course yet. */
export async function backUpCourse({ facts, stick, settings, dataFolder, clock, folder, passphrase, passphrases, ...options }: BackUpOptions): Promise<BackupCreated | null> {
  return createBackup({
    ...options,
    store: courseStoreOf(facts, clock),
    folder: folder ?? (await backupFolder(settings, dataFolder, stick)),
    course: courseName(facts.get("courseFolder") ?? stick ?? null),
    host: facts.require("hostLabel"),
    appVersion: version,
    keep: (await settings.read()).backup.keep,
    passphrase: passphrase ?? (await passphrases.kept()) ?? undefined,
    clock,
  });
}
