/** Names that sort by time and that every file system takes, FAT's included. */

export const ROWS_SUFFIX = ".backup";
const COLD = /^milvus-backup-(\d{4})(\d{2})(\d{2})(?:-\d+)?\.tar\.gz$/;
/** What is being written; never listed, and taken up again by the next try of the same export. */
const PARTIAL = /^\.partial-([0-9a-f]{16})$/;

/** `Rock Cycle` at 18:15:02 → `rock-cycle-20261124-181502.backup`; local time, as people read it. */
export function rowsName(course: string, at: Date): string {
  const slug = course.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);
  return `${slug === "" ? "course" : slug}-${day(at)}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}${ROWS_SUFFIX}`;
}

export const coldName = (at: Date): string => `milvus-backup-${day(at)}.tar.gz`;
export const isColdName = (name: string): boolean => COLD.test(name);
/** `milvus-backup-20261124.tar.gz` → `milvus-backup-20261124.json` */
export const coldLabelName = (name: string): string => name.replace(/\.tar\.gz$/, ".json");

/** The day in a cold copy's name, for one that has no label. ISO 8601. */
export function coldDay(name: string): string | null {
  const [, year, month, dayOfMonth] = COLD.exec(name) ?? [];
  return year === undefined ? null : `${year}-${month}-${dayOfMonth}T00:00:00.000Z`;
}

/** What a folder of rows can hold, a label that was being written included; and what the systems of sticks leave in every folder. */
const BACKUP_FILE = /^(backup\.json(\.new)?|(manifest\.json|rows-\d{5}\.parquet)(\.age)?|key\.age|\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/i;
export const isBackupFile = (name: string): boolean => BACKUP_FILE.test(name);

export const partialName = (id: string): string => `.partial-${id}`;
export const isPartialName = (name: string): boolean => PARTIAL.test(name);

/** The same name with a number, where it is taken. */
export function numbered(name: string, taken: (name: string) => boolean): string {
  const ending = name.endsWith(".tar.gz") ? ".tar.gz" : name.slice(name.lastIndexOf("."));
  const stem = name.slice(0, -ending.length);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${stem}-${number}${ending}`;
    if (!taken(candidate)) return candidate;
  }
}

const two = (value: number): string => String(value).padStart(2, "0");
const day = (at: Date): string => `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
