import { randomUUID } from "node:crypto";
import { DataType } from "@zilliz/milvus2-sdk-node";
import { COURSE_ID } from "../../src/contract/backup.ts";
import type { CourseDocument } from "../../src/contract/chat.ts";
import { MentorError } from "../../src/contract/errors.ts";
import { MilvusConnection, searchFailed } from "./connection.ts";
import { CourseCollections } from "./course-collections.ts";
import type { MilvusTarget } from "../../src/contract/milvus.ts";
import { PASSAGE_FIELDS, fileId, fromRow, toRow, type EmbeddedPassage, type Hit } from "./passage.ts";

/** Name and SHA-256 of the model that the vectors come from. Vectors of two models cannot be compared. */
export interface EmbeddingIdentity {
  name: string;
  sha256: string;
  /** Length of its vectors, where it is known beforehand: a server may change the model behind a name. */
  dimension?: number;
}

export interface StoreOptions extends MilvusTarget {
  collection: string;
  embedding: EmbeddingIdentity;
  /** Milliseconds that one call may take. Default 30,000. */
  timeoutMs?: number;
  /** Documents asked for at once when they are listed. Default 1,000. */
  rowsPerPage?: number;
}

const TEXT_MAX_BYTES = 65_535;
const NAME_MAX_BYTES = 4096;
const ROWS_PER_WRITE = 200;
/** Asked only whether it is well, a store that takes longer is not. */
const HEALTHY_WITHIN_MS = 3_000;

/**
 * The one adapter over Milvus: a collection of a course's passages.
 *
 * A document's passage 0 is written last and makes the document count: after a crash, a document is
 * either listed whole or not at all. Filters name documents by the hash of their file name, so that
 * no file name is ever part of an expression. Writes go one after the other (Milvus Lite needs it).
 *
 * Every call rejects with MentorError search-failed when Milvus does not do what it was asked, and
 * with course-other-model when the collection belongs to another embedding model.
 */
export class PassageStore {
  readonly #options: StoreOptions;
  readonly #connection: MilvusConnection;
  readonly #collections: CourseCollections;
  #ready: Promise<boolean> | null = null;
  /** Of the collection that answers; known once it is open. */
  #name: string;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#connection = new MilvusConnection(options, options.timeoutMs ?? 30_000);
    this.#collections = new CourseCollections(this.#connection, options.collection);
    this.#name = options.collection;
  }

  get collection(): string {
    return this.#options.collection;
  }

  /** Whether Milvus answers within `ms` milliseconds and says that it is well. Never rejects. */
  healthy(ms = HEALTHY_WITHIN_MS): Promise<boolean> {
    return this.#connection.healthy(ms);
  }

  /** Upserts the passages of one document and removes whatever was kept of it before. Returns how many are there, counted. */
  async replaceDocument(file: string, sha256: string, passages: readonly EmbeddedPassage[], signal?: AbortSignal): Promise<number> {
    const dimension = passages[0]?.vector.length;
    if (dimension === undefined) throw new Error(`${file} has no passages`);
    return this.#write(async () => {
      await this.#create(dimension);
      const ingestedAt = new Date().toISOString();
      const rows = passages.map((passage) => toRow(passage, passages.length, sha256, ingestedAt));
      for (const batch of batches([...rows.slice(1), rows[0]!], ROWS_PER_WRITE)) {
        signal?.throwIfAborted();
        const answer = await this.#connection.call("upsert", (client) => client.upsert({ collection_name: this.#name, data: batch }));
        if (answer.err_index.length > 0) throw searchFailed(`Milvus refused ${answer.err_index.length} passages of ${file}.`);
      }
      const mine = `file_id == "${fileId(file)}"`;
      // Side by side: a server answers each only at its next tick.
      const [written, all] = await Promise.all([this.#count(`${mine} and ingested_at == "${ingestedAt}"`), this.#count(mine)]);
      let kept = written;
      if (written === passages.length && all !== written) {
        await this.#connection.call("delete", (client) => client.delete({ collection_name: this.#name, filter: `${mine} and ingested_at != "${ingestedAt}"` }));
        kept = await this.#count(mine);
      }
      if (kept !== passages.length) throw searchFailed(`${file} has ${passages.length} passages, but Milvus kept ${kept}.`);
      return kept;
    });
  }

  /** Makes the collection for vectors of this length where there is none: a server takes a second or two until it answers. */
  prepare(dimension: number): Promise<void> {
    return this.#write(() => this.#create(dimension));
  }

  async deleteDocument(file: string): Promise<void> {
    await this.#write(async () => {
      if (!(await this.#open())) return;
      await this.#connection.call("delete", (client) => client.delete({ collection_name: this.#name, filter: `file_id == "${fileId(file)}"` }));
    });
  }

  /** The nearest passages, best first; none when nothing was ever ingested. */
  search(vector: readonly number[], limit: number): Promise<Hit[]> {
    return this.#again(() => this.#search(vector, limit));
  }

  /** Passages in the collection, counted by Milvus. */
  count(): Promise<number> {
    return this.#again(async () => ((await this.#open()) ? this.#count("") : 0));
  }

  /** The whole documents, sorted by file name. */
  documents(): Promise<CourseDocument[]> {
    return this.#again(() => this.#documents());
  }

  /** The collection that answers now; null while there is none. */
  current(): Promise<string | null> {
    return this.#collections.current();
  }

  /** Nothing is written by this store while `work` runs; searches go on. Afterwards the course is opened anew: another collection may answer for it. */
  paused<T>(work: () => Promise<T>): Promise<T> {
    return this.#write(async () => {
      try {
        return await work();
      } finally {
        this.#ready = null;
      }
    });
  }

  /** Removes all that the course has. */
  async drop(): Promise<void> {
    await this.#write(async () => {
      this.#ready = null;
      await this.#collections.drop();
    });
  }

  async close(): Promise<void> {
    await this.#writes.catch(() => {});
    await this.#connection.close();
  }

  async #search(vector: readonly number[], limit: number): Promise<Hit[]> {
    if (!(await this.#open())) return [];
    const answer = await this.#connection.call("search", (client) =>
      client.search({
        collection_name: this.#name,
        data: [...vector],
        anns_field: "vector",
        metric_type: "COSINE",
        limit,
        output_fields: PASSAGE_FIELDS,
        consistency_level: "Strong" as never,
      }),
    );
    return answer.results.map((row) => ({ score: row.score, ...fromRow(row) }));
  }

  async #documents(): Promise<CourseDocument[]> {
    if (!(await this.#open())) return [];
    const documents = new Map<string, CourseDocument>();
    // The SDK's own iterator loses rows; paging by primary key does not.
    for (let last = ""; ; ) {
      const filter = `passage == 0 and id > "${last}"`;
      const { data } = await this.#connection.call("query", (client) =>
        client.query({
          collection_name: this.#name,
          filter,
          output_fields: ["id", "file", "passages", "ingested_at", "file_sha256"],
          limit: this.#options.rowsPerPage ?? 1000,
          consistency_level: "Strong" as never,
          params: { iterator: "True" },
        } as never),
      );
      if (data.length === 0) break;
      for (const row of data) {
        const id = String(row.id);
        if (id <= last) throw searchFailed("Milvus answered a page of rows out of order.");
        last = id;
        const document = { file: String(row.file), passages: Number(row.passages), ingestedAt: String(row.ingested_at), sha256: String(row.file_sha256) };
        const other = documents.get(document.file);
        if (other === undefined || other.ingestedAt < document.ingestedAt) documents.set(document.file, document);
      }
    }
    return [...documents.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  /** A server that was restarted has the collection, but not loaded: open it again, once. */
  async #again<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof MentorError) || error.code !== "search-failed") throw error;
      this.#ready = null;
      return read();
    }
  }

  async #count(filter: string): Promise<number> {
    const { data } = await this.#connection.call("query", (client) =>
      client.query({ collection_name: this.#name, filter, output_fields: ["count(*)"], consistency_level: "Strong" as never }),
    );
    return Number(data[0]?.["count(*)"]);
  }

  /** Opens the collection; false when there is none yet. */
  #open(): Promise<boolean> {
    this.#ready ??= this.#load().then(
      (there) => {
        if (!there) this.#ready = null;
        return there;
      },
      (error) => {
        this.#ready = null;
        throw error;
      },
    );
    return this.#ready;
  }

  async #load(): Promise<boolean> {
    const { embedding } = this.#options;
    const collection_name = await this.#collections.current();
    if (collection_name === null) return false;
    const description = await this.#connection.call("describeCollection", (client) => client.describeCollection({ collection_name }));
    const property = (key: string) => description.properties.find((candidate) => candidate.key === key)?.value;
    const kept = { name: String(property(EMBEDDING_NAME)), sha256: String(property(EMBEDDING_SHA256)) };
    if (kept.sha256 !== embedding.sha256) {
      throw new MentorError("course-other-model", `The course was prepared with the search model ${kept.name}; this session uses ${embedding.name}.`, {
        details: { collection: collection_name, kept: kept.sha256, wanted: embedding.sha256 },
      });
    }
    const vectors = description.schema.fields.find(({ name }) => name === "vector");
    const dimension = Number(vectors?.type_params.find(({ key }) => key === "dim")?.value);
    if (embedding.dimension !== undefined && embedding.dimension !== dimension) {
      throw new MentorError("course-other-model", `The course was prepared with vectors of ${dimension} dimensions; ${embedding.name} now makes vectors of ${embedding.dimension}.`, {
        details: { collection: collection_name, kept: dimension, wanted: embedding.dimension },
      });
    }
    await this.#connection.load(collection_name);
    this.#name = collection_name;
    return true;
  }

  async #create(dimension: number): Promise<void> {
    if (await this.#open()) return;
    const { collection: collection_name, embedding } = this.#options;
    await this.#connection.call("createCollection", (client) =>
      client.createCollection({
        collection_name,
        fields: [
          { name: "id", data_type: DataType.VarChar, is_primary_key: true, max_length: 64 },
          { name: "vector", data_type: DataType.FloatVector, dim: dimension },
          { name: "text", data_type: DataType.VarChar, max_length: TEXT_MAX_BYTES },
          { name: "file", data_type: DataType.VarChar, max_length: NAME_MAX_BYTES },
          { name: "file_id", data_type: DataType.VarChar, max_length: 64 },
          { name: "file_sha256", data_type: DataType.VarChar, max_length: 64 },
          { name: "section", data_type: DataType.VarChar, max_length: NAME_MAX_BYTES },
          { name: "page", data_type: DataType.Int64 },
          { name: "passage", data_type: DataType.Int64 },
          { name: "passages", data_type: DataType.Int64 },
          { name: "ingested_at", data_type: DataType.VarChar, max_length: 32 },
        ],
        properties: { [EMBEDDING_NAME]: embedding.name, [EMBEDDING_SHA256]: embedding.sha256, [COURSE_ID]: randomUUID() },
      } as never),
    );
    await this.#connection.call("createIndex", (client) => client.createIndex({ collection_name, field_name: "vector", index_type: "AUTOINDEX", metric_type: "COSINE" }));
    await this.#open();
  }

  #write<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writes.then(work, work);
    this.#writes = result.catch(() => {});
    return result;
  }
}

/** Properties of a collection: which model its vectors come from. */
export const EMBEDDING_NAME = "mentor.embedding.name";
export const EMBEDDING_SHA256 = "mentor.embedding.sha256";

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
