import type { BackupEmbedding, BackupProgress, BackupRestored } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import { ProgressMeter } from "../progress-meter.ts";
import type { Clock } from "../ports.ts";
import { describeBackup, fileIn, readLabel } from "./backup-folder.ts";
import type { CourseStore } from "./course-store.ts";
import { verifyBackup } from "./verify.ts";

export interface RestoreOptions {
  store: CourseStore;
  path: string;
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
 * @throws MentorError backup-missing, backup-unrecognised, backup-newer, backup-damaged, backup-other-model, backup-running, restore-failed, host-lost, cancelled
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupRestored> {
  const { store, path, embedding, embedAnew = false, clock, signal, onProgress } = options;
  const begun = clock.now();
  const label = await readLabel(path);
  if (label === null || label.kind === "cold") throw new MentorError("backup-unrecognised", "This is a copy of a whole store, not a backup of rows.");
  // Told before gigabytes are sent.
  if (label.embedding !== null && label.embedding.sha256 !== embedding.sha256 && !embedAnew) {
    throw new MentorError("backup-other-model", `The backup's vectors come from ${label.embedding.name}; this session searches with ${embedding.name}.`, { details: { kept: label.embedding.sha256, wanted: embedding.sha256 } });
  }
  await verifyBackup({ path, clock, signal, onProgress });
  const total = label.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const meter = new ProgressMeter("bytes", () => clock.now());
  let before = 0;
  for (const { name, bytes } of label.files) {
    await store.send(label.id, name, fileIn(path, label, name), signal, (done) => onProgress({ phase: "send", ...meter.at(before + done, total, "Sending the backup to the host") }));
    before += bytes;
  }
  const restored = await store.restore({ id: label.id, ...(embedAnew ? { embedAnew } : {}) }, signal, onProgress);
  return { backup: await describeBackup(path), ...restored, undoable: true, seconds: (clock.now() - begun) / 1000 };
}
