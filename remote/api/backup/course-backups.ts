import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BackupFile, BackupMilvus, BackupLine, CourseState, HostExport, RestoreOrder } from "../../../src/contract/backup.ts";
import { MentorError } from "../../../src/contract/errors.ts";
import { milvusOf } from "../../backup/collection.ts";
import { writeDurably } from "../../backup/export.ts";
import { readManifest, type Remaking } from "../../backup/import.ts";
import { runBackupProgram } from "../../backup/program.ts";
import type { Exported, Imported, ProgramRequest } from "../../backup/request.ts";
import { restoreCourse } from "../../backup/restore.ts";
import { sometimes } from "../../backup/sometimes.ts";
import { MilvusConnection } from "../../milvus/connection.ts";
import { fromRow } from "../../milvus/passage.ts";
import type { PassageStore, StoreOptions } from "../../milvus/store.ts";
import { embeddingText } from "../passages.ts";

/** What nobody fetched or asked for any more after this long is cleared away. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
/** Milliseconds that one call of Milvus may take. */
const CALL_MS = 180_000;
const ID = /^[0-9a-f]{16}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface CourseBackupsOptions {
  store: PassageStore;
  storeOptions: StoreOptions;
  /** Holds `exports` and `incoming`. */
  folder: string;
  /** Path of the backup program. */
  program: string;
  /** Vectors of texts, by this session's search model. */
  embed(texts: string[], signal: AbortSignal): Promise<number[][]>;
  log(text: string): void;
  now(): number;
}

/** The host's half of backups: it owns the writes, so it holds them while a course is read or exchanged. */
export class CourseBackups {
  readonly #options: CourseBackupsOptions;
  #running: { signal: AbortSignal; ended: Promise<unknown> } | null = null;

  constructor(options: CourseBackupsOptions) {
    this.#options = options;
  }

  async state(): Promise<CourseState> {
    const documents = await this.#options.store.documents();
    const rows = await this.#options.store.count();
    return { fingerprint: rows === 0 ? null : fingerprint(documents, rows, this.#options.storeOptions.embedding.sha256), rows, documents: documents.length, milvus: await this.#milvus() };
  }

  async #milvus(): Promise<BackupMilvus> {
    const connection = new MilvusConnection(this.#target().milvus, CALL_MS);
    try {
      return await milvusOf(connection);
    } finally {
      await connection.close();
    }
  }

  /** A proven export; the one that waits already, where nothing has changed since. @throws MentorError backup-running, backup-changed, backup-failed, disk-full, search-failed */
  async *export(signal: AbortSignal): AsyncGenerator<BackupLine> {
    const { store, now } = this.#options;
    yield* this.#alone(signal, (push) =>
      store.paused(async () => {
        const documents = await store.documents();
        const { fingerprint: wanted } = await this.state();
        const waiting = wanted === null ? null : await this.#waiting(wanted);
        if (wanted === null || waiting !== null) return push({ type: "exported", exported: waiting });
        const createdAt = new Date(now()).toISOString();
        const id = createHash("sha256").update(`${wanted} ${createdAt}`).digest("hex").slice(0, 16);
        const folder = join(this.#exports, id);
        try {
          const { manifest } = await this.#run<Exported>({ ...this.#target(), action: "export", folder, documents }, signal, push);
          if (manifest === null) return push({ type: "exported", exported: null });
          const files: BackupFile[] = [await fileOf(join(folder, "manifest.json"), "manifest.json"), ...manifest.parts.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }))];
          const exported: HostExport = { id, createdAt, fingerprint: wanted, manifest, files };
          // Last of all: an export without it is none.
          await writeDurably(join(folder, EXPORT_FILE), JSON.stringify(exported));
          push({ type: "exported", exported });
        } catch (error) {
          await rm(folder, { recursive: true, force: true });
          throw error;
        }
      }),
    );
  }

  /** Path of one file of an export. @throws MentorError backup-missing */
  async fileOf(id: string, name: string): Promise<string> {
    const path = join(this.#exports, id, name);
    if (!ID.test(id) || !NAME.test(name) || (await stat(path).catch(() => null)) === null) throw new MentorError("backup-missing", "This export is not on the host any more.");
    return path;
  }

  async removeExport(id: string): Promise<void> {
    if (ID.test(id)) await rm(join(this.#exports, id), { recursive: true, force: true });
  }

  /** @throws MentorError backup-running, backup-missing, backup-other-model, backup-damaged, restore-failed, search-failed */
  async *restore({ id, embedAnew = false }: RestoreOrder, signal: AbortSignal): AsyncGenerator<BackupLine> {
    const { store, storeOptions } = this.#options;
    const folder = join(this.#options.folder, "incoming", id);
    if ((await stat(join(folder, "manifest.json")).catch(() => null)) === null) throw new MentorError("backup-missing", "The backup has not arrived on the host.");
    const { name, sha256 } = storeOptions.embedding;
    yield* this.#alone(signal, (push) =>
      store.paused(async () => {
        const anew = embedAnew && (await readManifest(folder)).embedding.sha256 !== sha256;
        const work = { folder, token: id, embedding: { name, sha256 } };
        const { collection, rows, documents } = anew ? await this.#remake(work, signal, push) : await this.#run<Imported>({ ...this.#target(), action: "import", ...work }, signal, push);
        await rm(folder, { recursive: true, force: true });
        push({ type: "restored", restored: { collection, rows, documents, embeddedAnew: anew } });
      }),
    );
  }

  /** @throws MentorError backup-running, restore-nothing-before, search-failed */
  async *undo(signal: AbortSignal): AsyncGenerator<BackupLine> {
    const { store } = this.#options;
    yield* this.#alone(signal, async (push) => {
      const { collection } = await store.paused(() => this.#run<{ collection: string }>({ ...this.#target(), action: "undo" }, signal, push));
      const { rows, documents } = await this.state();
      push({ type: "restored", restored: { collection, rows, documents, embeddedAnew: false } });
    });
  }

  /** Removes what interrupted backups and restores left behind. */
  async clear(): Promise<void> {
    for (const folder of [this.#exports, join(this.#options.folder, "incoming")]) {
      for (const name of await readdir(folder).catch(() => [])) {
        const { mtimeMs } = await stat(join(folder, name));
        const whole = folder !== this.#exports || (await stat(join(folder, name, EXPORT_FILE)).catch(() => null)) !== null;
        if (!whole || this.#options.now() - mtimeMs > ABANDONED_AFTER_MS) await rm(join(folder, name), { recursive: true, force: true });
      }
    }
  }

  get #exports(): string {
    return join(this.#options.folder, "exports");
  }

  #target(): Pick<ProgramRequest, "milvus" | "course"> {
    const { address, token, tls, collection } = this.#options.storeOptions;
    return { milvus: { address, token, tls }, course: collection };
  }

  /** The export that waits, when it is of this course as it is; others are of no use any more. */
  async #waiting(wanted: string): Promise<HostExport | null> {
    let found: HostExport | null = null;
    await mkdir(this.#exports, { recursive: true, mode: 0o700 });
    for (const id of await readdir(this.#exports)) {
      const one = await readFile(join(this.#exports, id, EXPORT_FILE), "utf8").then((text) => JSON.parse(text) as HostExport, () => null);
      if (one?.fingerprint === wanted && found === null) found = one;
      else await rm(join(this.#exports, id), { recursive: true, force: true });
    }
    return found;
  }

  async #run<Result>(request: ProgramRequest, signal: AbortSignal, push: (line: BackupLine) => void): Promise<Result> {
    const running = runBackupProgram<Result>(this.#options.program, request, signal, this.#options.log);
    for (;;) {
      const { value, done } = await running.next();
      if (done) return value;
      push({ type: "progress", progress: value });
    }
  }

  /** Here and not in the program: the search model is asked for every passage, and the rest is little work beside that. */
  async #remake(work: { folder: string; token: string; embedding: { name: string; sha256: string } }, signal: AbortSignal, push: (line: BackupLine) => void): Promise<Imported> {
    const { embed, log } = this.#options;
    const { milvus, course } = this.#target();
    const connection = new MilvusConnection(milvus, CALL_MS);
    const onProgress = sometimes((progress) => push({ type: "progress", progress }));
    const anew: Remaking = { embedding: work.embedding, vectors: (rows, soon) => embed(rows.map((row) => embeddingText(fromRow(row))), soon) };
    try {
      return await restoreCourse({ connection, course, ...work, anew, signal, onProgress, log });
    } finally {
      await connection.close();
    }
  }

  /** One at a time: two restores at once would each clear away what the other makes. */
  async *#alone(signal: AbortSignal, work: (push: (line: BackupLine) => void) => Promise<unknown>): AsyncGenerator<BackupLine> {
    while (this.#running !== null) {
      if (!this.#running.signal.aborted) throw new MentorError("backup-running", "Another backup or restore of this course is under way.");
      // Nobody waits for that one any more: it is on its way out.
      await this.#running.ended;
    }
    const ended = Promise.withResolvers<void>();
    this.#running = { signal, ended: ended.promise };
    const lines: BackupLine[] = [];
    let wake = () => {};
    let outcome: { error?: unknown } | null = null;
    const done = work((line) => {
      lines.push(line);
      wake();
    })
      .then(
        () => (outcome = {}),
        (error: unknown) => (outcome = { error }),
      )
      .finally(() => {
        this.#running = null;
        ended.resolve();
        wake();
      });
    try {
      for (;;) {
        while (lines.length > 0) yield lines.shift()!;
        if (outcome !== null) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      await done;
    }
    const { error } = outcome as { error?: unknown };
    if (error !== undefined) throw error;
  }
}

const EXPORT_FILE = "export.json";

/** Changes whenever a document does: each ingest of one gives it a new time. */
function fingerprint(documents: readonly object[], rows: number, embedding: string): string {
  return createHash("sha256").update(JSON.stringify([documents, rows, embedding])).digest("hex");
}

async function fileOf(path: string, name: string): Promise<BackupFile> {
  const bytes = await readFile(path);
  return { name, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
