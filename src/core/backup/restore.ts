import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { BackupEmbedding, BackupLabel, BackupProgress, BackupRestored } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import { ProgressMeter } from "../progress-meter.ts";
import type { Clock } from "../ports.ts";
import { describeBackup, fileIn, readLabel } from "./backup-folder.ts";
import type { CourseStore } from "./course-store.ts";
import { chunksOf } from "./disk.ts";
import { decrypted, ENCRYPTED_SUFFIX, KEY_FILE, openBackupKey } from "./encryption.ts";
import { verifyBackup } from "./verify.ts";

export interface RestoreOptions {
  store: CourseStore;
  path: string;
  passphrase?: string;
  /** The model that this session searches with. */
  embedding: Pick<BackupEmbedding, "name" | "sha256">;
  embedAnew?: boolean;
  clock: Clock;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

/**
 * Reads a backup whole, brings it to the host and lets it answer for the course there. The course
 * answers as before until the restored one is proven, and is kept until the next restore.
 *
 * @throws MentorError backup-missing, backup-unrecognised, backup-newer, backup-damaged, backup-encrypted, backup-passphrase-wrong, backup-other-model, backup-running, restore-failed, host-lost, cancelled
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupRestored> {
  const { store, path, passphrase, embedding, embedAnew = false, clock, signal, onProgress } = options;
  const begun = clock.now();
  const label = await readLabel(path);
  if (label === null || label.kind === "cold") throw new MentorError("backup-unrecognised", "This is a copy of a whole store, not a backup of rows.");
  // Told before gigabytes are read and sent.
  if (label.embedding !== null && label.embedding.sha256 !== embedding.sha256 && !embedAnew) {
    throw new MentorError("backup-other-model", `The backup's vectors come from ${label.embedding.name}; this session searches with ${embedding.name}.`, { details: { kept: label.embedding.sha256, wanted: embedding.sha256 } });
  }
  if (label.encrypted && passphrase === undefined) throw new MentorError("backup-encrypted", `The backup ${basename(path)} is encrypted, and no passphrase was given.`);
  await verifyBackup({ path, passphrase, clock, signal, onProgress });
  await sendAll(label, options);
  const restored = await store.restore({ id: label.id, ...(embedAnew ? { embedAnew } : {}) }, signal, onProgress);
  return { backup: await describeBackup(path), ...restored, undoable: true, seconds: (clock.now() - begun) / 1000 };
}

async function sendAll(label: BackupLabel, { store, path, passphrase, clock, signal, onProgress }: RestoreOptions): Promise<void> {
  const files = label.files.filter(({ name }) => name !== KEY_FILE);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const meter = new ProgressMeter("bytes", () => clock.now());
  const identity = label.encrypted ? await openBackupKey(await readFile(fileIn(path, label, KEY_FILE)), passphrase!) : null;
  let before = 0;
  for (const { name, bytes } of files) {
    const send = (source: string, sentName: string) => store.send(label.id, sentName, source, signal, (done) => onProgress({ phase: "send", ...meter.at(before + done, total, "Sending the backup to the host") }));
    if (identity === null) await send(fileIn(path, label, name), name);
    else await inTheClear(fileIn(path, label, name), identity, signal, (source) => send(source, name.slice(0, -ENCRYPTED_SUFFIX.length)));
    before += bytes;
  }
}

/** A decrypted file in a folder of this user's alone, one at a time and no longer than it is needed. */
async function inTheClear(path: string, identity: string, signal: AbortSignal, work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ai-mentor-restore-"));
  try {
    const plain = join(folder, "file");
    const file = await open(plain, "w", 0o600);
    try {
      for await (const chunk of decrypted(chunksOf(path, signal), identity, path)) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
    await work(plain);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
