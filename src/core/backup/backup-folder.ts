import { readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Backup, BackupLabel } from "../../contract/backup.ts";
import { MentorError, toErrorReport } from "../../contract/errors.ts";
import { LABEL_FILE, parseLabel } from "./label.ts";
import { coldDay, coldLabelName, isBackupFile, isColdName, ROWS_SUFFIX } from "./names.ts";

/** A label is a page of JSON; whatever is larger is something else. Bytes. */
const LABEL_MAX_BYTES = 4 << 20;

/** The backups in a folder, newest first and those that cannot be used last. A folder that is not there holds none. */
export async function listBackups(folder: string): Promise<Backup[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(names.filter((name) => name.endsWith(ROWS_SUFFIX) || isColdName(name)).map((name) => describeBackup(join(folder, name))));
  return found.sort((a, b) => Number(a.problem !== null) - Number(b.problem !== null) || ((a.createdAt ?? "") < (b.createdAt ?? "") ? 1 : -1));
}

/** What can be told of a backup without reading all of it. Never rejects: what is wrong is its `problem`. */
export async function describeBackup(path: string): Promise<Backup> {
  const name = path.slice(dirname(path).length + 1);
  const unknown: Backup = {
    path, name, kind: isColdName(name) ? "cold" : "rows", course: null, createdAt: coldDay(name), provenAt: null, host: null, milvus: null, embedding: null, rows: null, documents: null, bytes: 0, encrypted: false, problem: null,
  };
  try {
    const label = await readLabel(path);
    if (label === null) return { ...unknown, bytes: (await stat(path)).size };
    const bytes = label.files.reduce((sum, file) => sum + file.bytes, 0);
    const { kind, course, courseId, createdAt, provenAt, host, milvus, embedding, rows, documents, encrypted } = label;
    const described: Backup = { path, name, kind, course, courseId, createdAt, provenAt, host, milvus, embedding, rows, documents, bytes, encrypted, problem: null };
    return { ...described, problem: await whatIsMissing(path, label) };
  } catch (error) {
    return { ...unknown, problem: toErrorReport(error) };
  }
}

/**
 * The label of a backup; null for a cold copy that has none, as the original made them.
 *
 * @throws MentorError backup-missing, backup-unrecognised, backup-newer, backup-damaged
 */
export async function readLabel(path: string): Promise<BackupLabel | null> {
  const name = path.slice(dirname(path).length + 1);
  const found = await stat(path).catch(() => null);
  if (found === null) throw new MentorError("backup-missing", `There is no backup at ${path}.`);
  if (found.isFile() && !isColdName(name)) throw new MentorError("backup-unrecognised", `${name} is not a backup: it is neither a folder ending in ${ROWS_SUFFIX} nor an archive milvus-backup-YYYYMMDD.tar.gz.`);
  const labelPath = found.isFile() ? join(dirname(path), coldLabelName(name)) : join(path, LABEL_FILE);
  const label = await stat(labelPath).catch(() => null);
  if (label === null && found.isFile()) return null;
  if (label === null) throw new MentorError("backup-unrecognised", `${name} holds no ${LABEL_FILE}: it is not a backup, or it was cut while it was copied.`);
  if (label.size > LABEL_MAX_BYTES) throw new MentorError("backup-unrecognised", `The label of ${name} is too large to be one.`);
  return parseLabel(await readFile(labelPath, "utf8"), name);
}

/** Where a file of a backup lies. */
export const fileIn = (path: string, { kind }: Pick<BackupLabel, "kind">, file: string): string => (kind === "cold" ? path : join(path, file));

async function whatIsMissing(path: string, label: BackupLabel): Promise<Backup["problem"]> {
  for (const { name, bytes } of label.files) {
    const size = (await stat(fileIn(path, label, name)).catch(() => null))?.size ?? null;
    if (size === bytes) continue;
    const what = size === null ? "is missing" : `has ${size} bytes instead of ${bytes}`;
    return { code: "backup-damaged", message: `${name} ${what}: the backup was cut, or copied only in part.` };
  }
  return null;
}

/**
 * Removes a backup. It is made unusable first, so that a half removed one is never taken for whole. A
 * folder that holds anything but a backup's files is left as it is.
 *
 * @throws MentorError backup-unrecognised
 */
export async function removeBackup({ path, kind, name }: Pick<Backup, "path" | "kind" | "name">): Promise<void> {
  if (kind === "cold") {
    await rm(join(dirname(path), coldLabelName(name)), { force: true });
    await rm(path, { force: true });
    return;
  }
  const files = await readdir(path);
  const strange = name.endsWith(ROWS_SUFFIX) ? files.find((file) => !isBackupFile(file)) : name;
  if (strange !== undefined) throw new MentorError("backup-unrecognised", `${path} is not a backup alone: ${strange} is no part of one.`, { kept: "Nothing was deleted." });
  await rm(join(path, LABEL_FILE), { force: true });
  for (const file of files) await rm(join(path, file), { force: true });
  await rmdir(path);
}
