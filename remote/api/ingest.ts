import type { IngestEvent, IngestResult } from "../../src/contract/chat.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { EmbeddedPassage } from "../milvus/passage.ts";
import type { PassageStore } from "../milvus/store.ts";
import { readDocument, UnreadableDocument } from "./documents/read.ts";
import type { LlmClient } from "./llm.ts";
import { embeddingText, toPassages } from "./passages.ts";

/** A course file and the way to its bytes. */
export interface CourseFile {
  /** Relative to the course folder. */
  file: string;
  sha256: string;
  read(): Promise<Uint8Array>;
  /** Called when its bytes are not needed any more: its passages are stored, or it proved unreadable. */
  done?(): Promise<void>;
}

const PASSAGES_PER_CALL = 16;
/** Embedded while earlier ones are still being stored: the model need not wait for Milvus, and memory is bounded. */
const AHEAD_PASSAGES = 1_000;

/** A document on its way into the store. */
interface Storing {
  file: string;
  passages: number;
  stored: Promise<number>;
  ended: boolean;
  /** Its bytes are not needed any more. */
  release(): Promise<void>;
}

/** Brings course files into the store. What was finished before a restart is known from the store itself. */
export class Ingest {
  readonly #store: PassageStore;
  readonly #llm: LlmClient;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: PassageStore, llm: LlmClient) {
    this.#store = store;
    this.#llm = llm;
  }

  /**
   * One ingest at a time; a second waits for the first. A file that cannot be read is reported and
   * the others go on. The last event is `complete`.
   *
   * @throws MentorError course-empty, course-unreadable, course-other-model, ingest-failed
   */
  async *run(files: readonly CourseFile[], overwrite: boolean, signal: AbortSignal): AsyncGenerator<IngestEvent> {
    if (files.length === 0) throw new MentorError("course-empty", "The course holds no file that can be read.");
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      await before;
      signal.throwIfAborted();
      yield* this.#all(files, overwrite, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MentorError && error.code !== "search-failed") throw error;
      throw new MentorError("ingest-failed", error instanceof Error ? error.message : String(error), { cause: error });
    } finally {
      resolve();
    }
  }

  async *#all(files: readonly CourseFile[], overwrite: boolean, signal: AbortSignal): AsyncGenerator<IngestEvent> {
    const started = performance.now();
    const known = new Map((await this.#store.documents()).map((document) => [document.file, document]));
    // Two files may hold the same bytes, which arrived once: they are kept until the last has been read.
    const lastWith = new Map(files.map(({ sha256 }, index) => [sha256, index]));
    const result: IngestResult = { documents: 0, passages: 0, unchanged: 0, failed: [], seconds: 0 };
    const storing: Storing[] = [];
    try {
      for (const [index, file] of files.entries()) {
        signal.throwIfAborted();
        yield { type: "file", file: file.file, index, files: files.length };
        const release = async () => (lastWith.get(file.sha256) === index ? file.done?.() : undefined);
        const kept = known.get(file.file);
        if (kept?.sha256 === file.sha256 && !overwrite) {
          result.documents++;
          result.unchanged++;
          result.passages += kept.passages;
          yield { type: "file-done", file: file.file, passages: kept.passages, unchanged: true };
          await release();
          continue;
        }
        try {
          const passages = yield* this.#embedded(file, signal);
          const stored = this.#store.replaceDocument(file.file, file.sha256, passages, signal);
          const one: Storing = { file: file.file, passages: passages.length, stored, ended: false, release };
          stored.catch(() => {}).finally(() => (one.ended = true)); // how it ended is told where it is waited for
          storing.push(one);
        } catch (error) {
          if (!(error instanceof UnreadableDocument)) throw error;
          result.failed.push({ file: file.file, message: error.message });
          yield { type: "file-failed", file: file.file, message: error.message };
          await release();
        }
        yield* this.#stored(storing, AHEAD_PASSAGES, result);
      }
      yield* this.#stored(storing, 0, result);
    } finally {
      await Promise.allSettled(storing.map(({ stored }) => stored));
    }
    if (result.documents === 0) {
      const { file, message } = result.failed[0]!;
      throw new MentorError("course-unreadable", `None of the ${files.length} course files could be read; ${file}: ${message}`, {
        details: { files: result.failed.map((failure) => failure.file) },
      });
    }
    if (overwrite) await this.#removeOthers(files, known.keys());
    yield { type: "complete", ...result, seconds: (performance.now() - started) / 1000 };
  }

  /** Tells which of those that are being stored have ended, and waits for the oldest until no more than so many passages are left. */
  async *#stored(storing: Storing[], passages: number, result: IngestResult): AsyncGenerator<IngestEvent> {
    while (storing.length > 0 && (storing[0]!.ended || storing.reduce((sum, one) => sum + one.passages, 0) > passages)) {
      const { file, stored, release } = storing[0]!;
      const kept = await stored;
      storing.shift();
      result.documents++;
      result.passages += kept;
      yield { type: "file-done", file, passages: kept, unchanged: false };
      await release();
    }
  }

  async *#embedded({ file, read }: CourseFile, signal: AbortSignal): AsyncGenerator<IngestEvent, EmbeddedPassage[]> {
    const passages = toPassages(file, await readDocument(file, await read()));
    const embedded: EmbeddedPassage[] = [];
    for (let start = 0; start < passages.length; start += PASSAGES_PER_CALL) {
      const batch = passages.slice(start, start + PASSAGES_PER_CALL);
      const vectors = await this.#llm.embed(batch.map(embeddingText), signal);
      if (start === 0) this.#store.prepare(vectors[0]!.length).catch(() => {}); // told where the document is stored
      embedded.push(...batch.map((passage, index) => ({ ...passage, vector: vectors[index]! })));
      yield { type: "embedded", file, passages: embedded.length, of: passages.length };
    }
    return embedded;
  }

  /** Last of all, and never when nothing could be read: the old course stays until the new one is there. */
  async #removeOthers(files: readonly CourseFile[], known: Iterable<string>): Promise<void> {
    const named = new Set(files.map(({ file }) => file));
    for (const file of known) if (!named.has(file)) await this.#store.deleteDocument(file);
  }
}
