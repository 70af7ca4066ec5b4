import type { Backup } from "../../contract/backup.ts";

/** Days of which one backup each is kept beside the newest ones. */
const DAYS = 7;

/**
 * What the rule does not keep. Of each course and kind (not of each name: two courses may have one) it keeps the `keep` newest proven backups, and
 * the newest of each of the last seven days that have one. What is not proven, or is not what it
 * should be, is neither counted nor removed: a person decides about that.
 */
export function outdated(backups: readonly Backup[], keep: number): Backup[] {
  const groups = new Map<string, Backup[]>();
  for (const backup of backups) {
    if (backup.provenAt === null || backup.problem !== null || backup.course === null || backup.createdAt === null) continue;
    const group = `${backup.kind} ${backup.courseId ?? backup.course}`;
    groups.set(group, [...(groups.get(group) ?? []), backup]);
  }
  return [...groups.values()].flatMap((group) => {
    const newestFirst = group.sort((a, b) => (a.createdAt! < b.createdAt! ? 1 : -1));
    const days = new Map<string, Backup>();
    for (const backup of newestFirst) {
      const day = backup.createdAt!.slice(0, 10);
      if (!days.has(day) && days.size < DAYS) days.set(day, backup);
    }
    const kept = new Set([...newestFirst.slice(0, Math.max(1, keep)), ...days.values()]);
    return newestFirst.filter((backup) => !kept.has(backup));
  });
}
