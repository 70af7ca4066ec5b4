import type { Backup, BackupCreateEvent, BackupList } from "../../../src/contract/backup.ts";

const backup = (day: number, more: Partial<Backup> = {}): Backup => ({
  path: `/media/anna/COURSE-STICK/backups/course-202611${day}-090000.backup`,
  name: `course-202611${day}-090000.backup`,
  kind: "rows",
  course: "Neural networks",
  createdAt: `2026-11-${day}T09:00:00.000Z`,
  provenAt: `2026-11-${day}T09:01:12.000Z`,
  host: "root@203.0.113.7:22022",
  milvus: { kind: "standalone", version: "3.0.4" },
  embedding: { name: "all-MiniLM-L6-v2", sha256: "0".repeat(64), dimension: 384 },
  rows: 412,
  documents: 24,
  bytes: 1_240_000,
  encrypted: false,
  problem: null,
  ...more,
});

export const BACKUPS: BackupList = {
  folder: "/media/anna/COURSE-STICK/backups",
  freeBytes: 55_800_000_000,
  backups: [
    backup(23),
    backup(22, { encrypted: true, provenAt: null }),
    backup(20, { course: null, rows: null, documents: null, bytes: 890_000, provenAt: null, problem: { code: "backup-damaged", message: "rows-00001.parquet is not what its label says: 4 bytes differ." } }),
  ],
};

export const RESTORING: BackupCreateEvent[] = [{ type: "progress", progress: { phase: "export", done: 268, total: 412, unit: "chunks", rate: 130, etaSeconds: 1, detail: "Reading the course" } }];
