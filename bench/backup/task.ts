import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createZstdCompress } from "node:zlib";
import { createLike, indexLike, milvusOf, shapeOf } from "../../remote/backup/collection.ts";
import { ContentHash } from "../../remote/backup/content-hash.ts";
import { exportCollection } from "../../remote/backup/export.ts";
import { importCollection, readManifest } from "../../remote/backup/import.ts";
import { pagesOf, type Collection } from "../../remote/backup/pages.ts";
import { MilvusConnection } from "../../remote/milvus/connection.ts";
import { hashFile } from "../../src/core/backup/disk.ts";
import { makeCollection, rowOf } from "../../test/parts/course.ts";

/** What one process of the benchmark does; each in its own, so that its memory is its own. */
export interface Task {
  what: "fill" | "bare" | "page" | "ours" | "verify" | "settle" | "restore" | "jsonl";
  target: { address: string; token?: string };
  rows: number;
  folder: string;
}

export interface TaskResult {
  seconds: number;
  /** Apart from `seconds`. */
  proofSeconds?: number;
  bytes?: number;
  hash?: string;
  peakRssMb: number;
}

export const DIMENSION = 384;
/** About 800 bytes of text, as a passage of 512 tokens has two to three times of. */
export const WORDS = 120;
const COLLECTION = "bench";
const NEVER = new AbortController().signal;
/** About one megabyte, as a restore inserts them. */
const ROWS_PER_INSERT = 430;

async function perform({ what, target, rows, folder }: Task): Promise<Omit<TaskResult, "peakRssMb">> {
  const connection = new MilvusConnection(target, 600_000);
  let begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  try {
    switch (what) {
      case "fill":
        return { seconds: await fill(connection, rows) };
      case "bare": {
        const collection = await loaded(connection);
        begun = performance.now();
        for (let time = 0; time < 2; time++) for await (const page of pagesOf(collection, NEVER)) if (page.rows === 0) throw new Error("an empty page");
        return { seconds: seconds() };
      }
      case "page":
        await pagesOf(await loaded(connection), NEVER).next();
        return { seconds: seconds() };
      case "ours": {
        const manifest = await exportCollection({ connection, collection: COLLECTION, folder, documents: [], signal: NEVER, onProgress: () => {} });
        const sizes = await Promise.all(["manifest.json", ...manifest.parts.map(({ name }) => name)].map(async (name) => (await stat(join(folder, name))).size));
        return { seconds: seconds(), bytes: sizes.reduce((sum, size) => sum + size, 0), hash: manifest.contentSha256 };
      }
      case "verify": {
        const { parts } = await readManifest(folder);
        for (const { name, sha256 } of parts) if ((await hashFile(join(folder, name), NEVER)).sha256 !== sha256) throw new Error(`${name} was altered`);
        return { seconds: seconds() };
      }
      case "settle":
        await settle(connection);
        return { seconds: seconds() };
      case "restore": {
        let proving = 0;
        const manifest = await importCollection({ connection, folder, into: `${COLLECTION}_restored`, signal: NEVER, onProgress: ({ phase }) => (phase === "prove" && proving === 0 ? (proving = seconds()) : undefined), log: () => {} });
        const all = seconds();
        return { seconds: proving, proofSeconds: all - proving, hash: manifest.contentSha256 };
      }
      case "jsonl": {
        const { fields } = await shapeOf(connection, COLLECTION);
        const lines = async function* () {
          for await (const { rows: count, columns } of pagesOf({ connection, name: COLLECTION, fields }, NEVER)) {
            let text = "";
            for (let row = 0; row < count; row++) {
              const values = fields.map((field, index) => [field.name, field.type === "FloatVector" ? Array.from(new Float32Array((columns[index]![row] as Uint8Array).slice().buffer)) : typeof columns[index]![row] === "bigint" ? Number(columns[index]![row]) : columns[index]![row]]);
              text += `${JSON.stringify(Object.fromEntries(values))}\n`;
            }
            yield text;
          }
        };
        await mkdir(folder, { recursive: true });
        const path = join(folder, "rows.jsonl.zst");
        await pipeline(Readable.from(lines()), createZstdCompress(), createWriteStream(path));
        return { seconds: seconds(), bytes: (await stat(path)).size };
      }
    }
  } finally {
    await connection.close();
  }
}

async function loaded(connection: MilvusConnection): Promise<Collection> {
  const { fields } = await shapeOf(connection, COLLECTION);
  await connection.load(COLLECTION);
  return { connection, name: COLLECTION, fields };
}

/** Seconds that Milvus itself takes for the rows and their index; making them up is not counted. */
async function fill(connection: MilvusConnection, rows: number): Promise<number> {
  await makeCollection(connection, "shape", DIMENSION);
  const shape = await shapeOf(connection, "shape");
  await createLike(shape, COLLECTION, connection);
  let seconds = 0;
  const timed = async (work: () => Promise<unknown>) => {
    const begun = performance.now();
    await work();
    seconds += (performance.now() - begun) / 1000;
  };
  for (let start = 0; start < rows; start += ROWS_PER_INSERT) {
    const data = Array.from({ length: Math.min(ROWS_PER_INSERT, rows - start) }, (_, index) => rowOf(1, start + index, DIMENSION, WORDS)) as never;
    await timed(() => connection.call("insert", (client) => client.insert({ collection_name: COLLECTION, data })));
  }
  await timed(async () => {
    await connection.call("flush", (client) => client.flushSync({ collection_names: [COLLECTION] }));
    await indexLike(shape, COLLECTION, connection, NEVER, () => {});
  });
  return seconds;
}

/**
 * A server merges the segments of what was filled minutes later, and makes the index of the merged
 * one anew, before that of anything that came meanwhile. Here it does so at once, so that no restore
 * waits for what is no part of it. Milvus Lite merges nothing.
 */
async function settle(connection: MilvusConnection): Promise<void> {
  if ((await milvusOf(connection)).kind === "lite") return;
  const { compactionID } = await connection.call("compact", (client) => client.compact({ collection_name: COLLECTION }));
  const merged = async () => String((await connection.call("getCompactionState", (client) => client.getCompactionState({ compactionID }))).state) === "Completed";
  const indexed = async () => (await connection.call("describeIndex", (client) => client.describeIndex({ collection_name: COLLECTION }))).index_descriptions.every(({ pending_index_rows }) => Number(pending_index_rows) === 0);
  for (const done of [merged, indexed]) do await sleep(2_000); while (!(await done()));
}

/** What the rows' hash must be, from the rows themselves and without any Milvus. */
export function expectedHash(rows: number, fields: Parameters<typeof pagesOf>[0]["fields"]): string {
  const hash = new ContentHash(fields);
  const keys = Array.from({ length: rows }, (_, index) => ({ index, id: createHash("sha256").update(`1 ${index}`).digest("hex") })).sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const { index } of keys) {
    const row = rowOf(1, index, DIMENSION, WORDS);
    hash.add({ rows: 1, columns: fields.map(({ name, type }) => [type === "FloatVector" ? new Uint8Array(Float32Array.from(row.vector).buffer) : type === "Int64" ? BigInt(row[name as "page"]) : row[name as "text"]]) });
  }
  return hash.digest();
}

if (import.meta.main) {
  const result = await perform(JSON.parse(process.argv[2]!) as Task);
  process.stdout.write(`${JSON.stringify({ ...result, peakRssMb: process.resourceUsage().maxRSS / 1024 } satisfies TaskResult)}\n`);
}
