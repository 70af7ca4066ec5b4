import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, COURSE_ID, type Backup, type BackupCreated, type BackupFile, type BackupLabel, type BackupProgress, type HostExport } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import { ProgressMeter } from "../progress-meter.ts";
import type { Clock } from "../ports.ts";
import { describeBackup, listBackups, readLabel, removeBackup } from "./backup-folder.ts";
import type { CourseStore } from "./course-store.ts";
import { diskError, hashFile, isFolder, syncFolder, writeDurably } from "./disk.ts";
import { LABEL_FILE, sealed } from "./label.ts";
import { numbered, rowsName } from "./names.ts";
import { fetchExport } from "./partial.ts";
import { outdated } from "./retention.ts";
import { verifyBackup } from "./verify.ts";

export interface CreateOptions {
  store: CourseStore;
  /** Made when missing. */
  folder: string;
  /** For people. */
  course: string;
  host: string;
  appVersion: string;
  /** How many of the newest are kept. */
  keep: number;
  /** Encrypts it. */
  passphrase?: string;
  /** Also when nothing has changed since the last proven one. */
  always?: boolean;
  clock: Clock;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

/**
 * Brings a proven export of the course onto this computer: fetched under a temporary name, forced to
 * the disk, read back, and only then given its own name. What was fetched before a cut is not fetched
 * again. Null where there is no course yet.
 *
 * @throws MentorError backup-failed, backup-changed, backup-running, disk-full, stick-removed, host-lost, cancelled
 */
export async function createBackup(options: CreateOptions): Promise<BackupCreated | null> {
  const { store, folder, clock, signal, onProgress } = options;
  const begun = clock.now();
  const seconds = () => (clock.now() - begun) / 1000;
  const { fingerprint } = await store.state(signal);
  if (fingerprint === null) return null;
  const standing = options.always === true ? null : await provenOf(fingerprint, options);
  if (standing !== null) return { backup: standing, skipped: true, changedSince: false, pruned: [], seconds: seconds() };

  try {
    await mkdir(folder, { recursive: true });
    // Told before the host is asked for anything.
    await tryWriting(folder);
    const exported = await store.export(signal, onProgress);
    if (exported === null) return null;
    const { partial, files } = await fetchExport(exported, options);
    await checkAll(files, partial, options);
    const path = await finish(exported, files, partial, options);
    await store.removeExport(exported.id).catch(() => {});
    const now = await store.state(signal).catch(() => null);
    const backup = await describeBackup(path);
    return { backup, skipped: false, changedSince: now?.fingerprint !== exported.fingerprint, pruned: await prune(backup, options), seconds: seconds() };
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, folder);
  }
}

/** The newest backup of the course as it is now that this passphrase opens, all of it read and proven once more; null where there is none. */
async function provenOf(fingerprint: string, { folder, passphrase, clock, signal, onProgress }: CreateOptions): Promise<Backup | null> {
  for (const { path, problem, provenAt, encrypted } of await listBackups(folder)) {
    if (problem !== null || provenAt === null || encrypted !== (passphrase !== undefined)) continue;
    const label = await readLabel(path).catch(() => null);
    if (label?.fingerprint !== fingerprint) continue;
    try {
      return (await verifyBackup({ path, passphrase, clock, signal, onProgress })).backup;
    } catch {
      // A stick forgets: what it cannot show any more is no backup.
      signal.throwIfAborted();
    }
  }
  return null;
}

/** Read again from the disk: what was written is what will be found. */
async function checkAll(files: readonly BackupFile[], partial: string, { clock, signal, onProgress }: CreateOptions): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const meter = new ProgressMeter("bytes", () => clock.now());
  let done = 0;
  for (const file of files) {
    const { sha256 } = await hashFile(join(partial, file.name), signal, (bytes) => onProgress({ phase: "check", ...meter.at((done += bytes), total, "Reading the backup back") }));
    if (sha256 !== file.sha256) throw new MentorError("backup-failed", `${file.name} reads back otherwise than it was written.`, { advice: "Use another stick; this one cannot be trusted." });
  }
}

/** The label makes it a backup, and the name makes it known. */
async function finish({ id, fingerprint, manifest }: HostExport, files: readonly BackupFile[], partial: string, options: CreateOptions): Promise<string> {
  const { folder, course, host, appVersion, clock } = options;
  const at = new Date(clock.now());
  const label: Omit<BackupLabel, "seal"> = {
    format: BACKUP_FORMAT,
    version: BACKUP_FORMAT_VERSION,
    kind: "rows",
    id,
    course,
    courseId: manifest.properties[COURSE_ID],
    createdAt: at.toISOString(),
    provenAt: at.toISOString(),
    host,
    appVersion,
    milvus: manifest.milvus,
    embedding: manifest.embedding,
    rows: manifest.rows,
    documents: manifest.documents.length,
    fingerprint,
    encrypted: options.passphrase !== undefined,
    files: [...files],
  };
  await writeDurably(join(partial, LABEL_FILE), `${JSON.stringify(sealed(label), null, 2)}\n`);
  await syncFolder(partial);
  const names = new Set(await readdir(folder));
  const path = join(folder, numbered(rowsName(course, at), (name) => names.has(name)));
  await rename(partial, path);
  await syncFolder(folder);
  return path;
}

/** Removes what the rule does not keep, but never the one just made: a clock that fell back would make it the oldest. That it cannot is no reason to fail: the backup is there. */
async function prune(made: Backup, { folder, keep }: CreateOptions): Promise<Backup[]> {
  const removed: Backup[] = [];
  for (const backup of outdated(await listBackups(folder), keep).filter(({ path }) => path !== made.path)) {
    await removeBackup(backup).then(
      () => removed.push(backup),
      () => {},
    );
  }
  return removed;
}

async function tryWriting(folder: string): Promise<void> {
  if (!(await isFolder(folder))) throw Object.assign(new Error(`${folder} is no folder`), { code: "EACCES" });
  const path = join(folder, `.writable-${process.pid}`);
  await writeDurably(path, "");
  await rm(path, { force: true });
}
