import { createHash } from "node:crypto";
import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, BackupLabel } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";

/** The label's file in a backup of rows. */
export const LABEL_FILE = "backup.json";

/** As it is written: with its own hash, in the place of an older one. */
export function sealed(label: Omit<BackupLabel, "seal">): BackupLabel {
  return { ...label, seal: sealOf(label) };
}

/**
 * A label as it stands on a disk. What else it might be is told apart: a file of something else, a
 * newer version's, one that was cut or altered.
 *
 * @throws MentorError backup-unrecognised, backup-newer, backup-damaged
 */
export function parseLabel(text: string, name: string): BackupLabel {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MentorError("backup-damaged", `The label of ${name} cannot be read.`, { cause: error });
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== BACKUP_FORMAT) throw new MentorError("backup-unrecognised", `${name} is not a backup of this app.`);
  if (typeof version === "number" && version > BACKUP_FORMAT_VERSION) {
    throw new MentorError("backup-newer", `${name} has the format ${version}; this app reads up to ${BACKUP_FORMAT_VERSION}.`);
  }
  const parsed = BackupLabel.safeParse(value);
  if (!parsed.success) throw new MentorError("backup-damaged", `The label of ${name} is not as it should be.`, { cause: parsed.error });
  if (parsed.data.seal !== sealOf(parsed.data)) throw new MentorError("backup-damaged", `The label of ${name} was altered.`);
  return parsed.data;
}

/** Of the fields in the order of their names, so that it does not hang on how they were written. */
function sealOf(label: Omit<BackupLabel, "seal">): string {
  return createHash("sha256").update(canonical({ ...label, seal: undefined })).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(",")}}`;
}
