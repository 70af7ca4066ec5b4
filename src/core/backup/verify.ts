import { readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { BackupFile, BackupLabel, BackupProgress, BackupVerified } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import { ProgressMeter } from "../progress-meter.ts";
import type { Clock } from "../ports.ts";
import { describeBackup, fileIn, readLabel } from "./backup-folder.ts";
import { hashFile, writeDurably } from "./disk.ts";
import { KEY_FILE, openBackupKey } from "./encryption.ts";
import { LABEL_FILE, sealed } from "./label.ts";
import { coldLabelName } from "./names.ts";

export interface VerifyOptions {
  path: string;
  /** Of an encrypted backup: proves that this opens it. Without, only its bytes are proven. */
  passphrase?: string;
  clock: Clock;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

/**
 * Reads all of a backup and compares it with its label. Its bytes were proven to be the course's rows
 * when it was made: the same bytes are the same rows.
 *
 * @throws MentorError backup-missing, backup-unrecognised, backup-newer, backup-damaged, backup-passphrase-wrong, cancelled
 */
export async function verifyBackup({ path, passphrase, clock, signal, onProgress }: VerifyOptions): Promise<BackupVerified> {
  const begun = clock.now();
  const label = await readLabel(path);
  if (label === null) throw new MentorError("backup-unrecognised", "This archive has no label that says what must be in it.", { advice: "It can be restored all the same; it is looked through then." });
  if (label.encrypted && passphrase !== undefined) await openKey(path, label, passphrase, signal);
  const total = label.files.reduce((sum, file) => sum + file.bytes, 0);
  const meter = new ProgressMeter("bytes", () => clock.now());
  let done = 0;
  for (const file of label.files) await checkFile(path, label, file, signal, (bytes) => onProgress({ phase: "check", ...meter.at((done += bytes), total, "Reading the backup") }));
  // A stick may be read-only; the backup is right all the same.
  await noteProof(path, label, new Date(clock.now())).catch(() => {});
  return { backup: await describeBackup(path), bytes: total, seconds: (clock.now() - begun) / 1000 };
}

async function checkFile(path: string, label: BackupLabel, file: BackupFile, signal: AbortSignal, onBytes?: (bytes: number) => void): Promise<void> {
  const found = await hashFile(fileIn(path, label, file.name), signal, onBytes).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new MentorError("backup-damaged", `${file.name} cannot be read.`, { cause: error });
  });
  if (found.bytes !== file.bytes) throw new MentorError("backup-damaged", `${file.name} has ${found.bytes} bytes instead of ${file.bytes}: it was cut.`);
  if (found.sha256 !== file.sha256) throw new MentorError("backup-damaged", `${file.name} is not what it was when the backup was made: it was altered.`);
}

/** A key that was altered must not be taken for a wrong passphrase: nobody would find the right one. */
async function openKey(path: string, label: BackupLabel, passphrase: string, signal: AbortSignal): Promise<void> {
  const key = label.files.find(({ name }) => name === KEY_FILE);
  if (key === undefined) throw new MentorError("backup-damaged", `The label does not name ${KEY_FILE}, which opens the backup.`);
  await checkFile(path, label, key, signal);
  await openBackupKey(await readFile(fileIn(path, label, KEY_FILE)), passphrase);
}

async function noteProof(path: string, label: BackupLabel, at: Date): Promise<void> {
  const labelPath = label.kind === "cold" ? join(dirname(path), coldLabelName(basename(path))) : join(path, LABEL_FILE);
  await writeDurably(`${labelPath}.new`, `${JSON.stringify(sealed({ ...label, provenAt: at.toISOString() }), null, 2)}\n`);
  await rename(`${labelPath}.new`, labelPath);
}
