import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { BACKUP_FORMAT, type BackupFile, type HostExport, type RowsManifest } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { CourseStore } from "../../src/core/backup/course-store.ts";
import { seededBytes } from "../parts/seeded.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * A host whose line and disk can be told to fail: for what a real one does only by accident. It hands
 * out the same export until the course changes, as the real one does, and refuses what does not exist.
 */
export class FakeCourseStore implements CourseStore {
  /** Changes with the course. */
  version = 1;
  files = new Map<string, Uint8Array>();
  exported: HostExport | null = null;
  /** What was asked for: `name@offset`. */
  reads: string[] = [];
  sent: { id: string; name: string; bytes: Uint8Array }[] = [];
  restored: string[] = [];
  /** Called before each piece of a file; may throw. */
  beforePiece: (name: string, offset: number) => void | Promise<void> = () => {};
  pieceBytes = 10_000;
  readonly #partBytes: number;

  constructor(partBytes = 50_000) {
    this.#partBytes = partBytes;
  }

  state: CourseStore["state"] = async () => ({ fingerprint: this.#fingerprint(), rows: 2, documents: 1, milvus: { kind: "lite", version: "3.2.2" } });

  export: CourseStore["export"] = async () => {
    const fingerprint = this.#fingerprint();
    if (this.exported?.fingerprint === fingerprint) return this.exported;
    const parts = [1, 2].map((number) => this.#add(`rows-0000${number}.parquet`, seededBytes(this.version * 10 + number, this.#partBytes)));
    const manifest: RowsManifest = {
      format: BACKUP_FORMAT,
      version: 1,
      collection: "course_materials",
      aliases: [],
      properties: {},
      fields: [],
      indexes: [],
      dynamicFields: false,
      milvus: { kind: "lite", version: "3.2.2" },
      embedding: { name: "model-a", sha256: "a".repeat(64), dimension: 8 },
      documents: [{ file: "a.md", sha256: "0".repeat(64), passages: 2, ingestedAt: "2026-11-24T08:00:00.000Z" }],
      rows: 2,
      shadowed: 0,
      contentSha256: fingerprint,
      parts: parts.map((part, index) => ({ ...part, rows: 1, firstKey: String(index), lastKey: String(index) })),
    };
    const first = this.#add("manifest.json", Buffer.from(JSON.stringify(manifest)));
    this.exported = { id: fingerprint.slice(0, 16), createdAt: "2026-11-24T08:00:00.000Z", fingerprint, manifest, files: [first, ...parts] };
    return this.exported;
  };

  async *read(id: string, name: string, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const bytes = this.files.get(name);
    if (id !== this.exported?.id || bytes === undefined) throw new MentorError("backup-missing", "This export is not on the host any more.");
    this.reads.push(`${name}@${offset}`);
    for (let at = offset; at < bytes.length; at += this.pieceBytes) {
      signal.throwIfAborted();
      await this.beforePiece(name, at);
      yield bytes.subarray(at, at + this.pieceBytes);
    }
  }

  removeExport: CourseStore["removeExport"] = async () => void (this.exported = null);

  send: CourseStore["send"] = async (id, name, path) => {
    this.sent.push({ id, name, bytes: await readFile(path) });
  };

  restore: CourseStore["restore"] = async ({ id }) => {
    this.restored.push(id);
    return { collection: "course_materials_restored_1", rows: 2, documents: 1, embeddedAnew: false };
  };

  undo: CourseStore["undo"] = async () => ({ collection: "course_materials", rows: 2, documents: 1, embeddedAnew: false });

  #fingerprint(): string {
    return sha256(Buffer.from(`course ${this.version}`));
  }

  #add(name: string, bytes: Uint8Array): BackupFile {
    this.files.set(name, bytes);
    return { name, bytes: bytes.length, sha256: sha256(bytes) };
  }
}
