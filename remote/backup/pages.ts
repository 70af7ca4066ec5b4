import type { BackupField } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusConnection } from "../milvus/connection.ts";
import { columnType, keyIndex, type Batch, type ColumnType, type Value } from "./columns.ts";

/** Bytes that a page should have at most: it is held in memory several times over on its way. */
const PAGE_BYTES = 2 << 20;
const MOST_ROWS = 5_000;
/** Of the first page, before it was seen how long the texts are. */
const FIRST_ROWS = 200;

export interface Collection {
  connection: MilvusConnection;
  name: string;
  fields: readonly BackupField[];
}

/** As many rows as stay within bounds, when they are like those of this page. */
function rowsLike({ rows, columns }: Batch, types: readonly ColumnType[]): number {
  const bytes = columns.reduce((sum, column, index) => sum + column.reduce<number>((total, value) => total + (value === null ? 1 : types[index]!.bytes(value)), 0), 0);
  return Math.max(1, Math.min(MOST_ROWS, Math.floor((PAGE_BYTES * rows) / bytes)));
}

/**
 * All rows in the order of their keys. The SDK's own iterator loses rows; so the next page is asked
 * for by the key after the last, with strong consistency, until there is none. What comes out of order
 * is refused: rows could be missing in between, and a key that came twice would count twice.
 */
export async function* pagesOf({ connection, name, fields }: Collection, signal: AbortSignal, rowsPerPage?: number): AsyncGenerator<Batch> {
  let limit = rowsPerPage ?? FIRST_ROWS;
  const key = keyIndex(fields);
  const keyName = fields[key]!.name;
  const names = fields.map((field) => field.name);
  const types = fields.map(columnType);
  const after = keyOrder(fields[key]!);
  let last: Value | null = null;
  for (;;) {
    signal.throwIfAborted();
    const filter: string = last === null ? `${keyName} >= ${after.least}` : `${keyName} > ${after.literal(last)}`;
    const { data } = await connection.call("query", (client) =>
      client.query({ collection_name: name, filter, output_fields: names, limit, consistency_level: "Strong" as never, params: { iterator: "True" } } as never),
    );
    if (data.length === 0) return;
    const columns = types.map((type, index) => data.map((row) => (row[names[index]!] == null ? null : type.read(row[names[index]!]))));
    for (const value of columns[key]!) {
      if (value === null || (last !== null && !after.follows(value, last))) throw new MentorError("backup-failed", "The course store answered a page of rows out of order.");
      last = value;
    }
    const page = { rows: data.length, columns };
    limit = rowsPerPage ?? rowsLike(page, types);
    yield page;
  }
}

/** Rows as Milvus counts them. */
export async function countOf({ connection, name }: Pick<Collection, "connection" | "name">, filter = ""): Promise<number> {
  const { data } = await connection.call("count", (client) => client.query({ collection_name: name, filter, output_fields: ["count(*)"], consistency_level: "Strong" as never }));
  const count = Number(data[0]?.["count(*)"]);
  if (!Number.isSafeInteger(count)) throw new MentorError("search-failed", "The course store cannot count its rows.");
  return count;
}

export interface KeyOrder {
  /** Below every key, as it stands in an expression. */
  least: string;
  literal(key: Value): string;
  follows(key: Value, before: Value): boolean;
}

export function keyOrder({ type }: BackupField): KeyOrder {
  if (type === "Int64") return { least: "-9223372036854775808", literal: String, follows: (key, before) => key > before };
  // By bytes, as Milvus does it; JavaScript compares UTF-16.
  return { least: '""', literal: (key) => JSON.stringify(key), follows: (key, before) => Buffer.compare(Buffer.from(key as string), Buffer.from(before as string)) > 0 };
}
