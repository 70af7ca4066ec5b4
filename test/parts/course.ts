import { createHash } from "node:crypto";
import { MilvusConnection } from "../../remote/milvus/connection.ts";
import { EMBEDDING_NAME, EMBEDDING_SHA256 } from "../../remote/milvus/store.ts";
import { seeded } from "./seeded.ts";

/** A course store's collection as the mentor makes it, filled with rows that a seed tells. */
export interface TestRow {
  id: string;
  vector: number[];
  text: string;
  file: string;
  file_id: string;
  file_sha256: string;
  section: string;
  page: number;
  passage: number;
  passages: number;
  ingested_at: string;
}

const WORDS = "granite basalt lava magma crust mantle quartz feldspar mica erosion sediment fold fault Vulkan café 火山 naïve 🌋".split(" ");
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Row `index` of a seed; documents of twenty passages each. Vectors have any float32 bits that Milvus takes. */
export function rowOf(seed: number, index: number, dimension: number, words = 40): TestRow {
  const random = seeded(seed * 1_000_003 + index);
  const [file, passage] = [`unit-${Math.floor(index / 20)}.md`, index % 20];
  const text = Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
  const vector = Array.from({ length: dimension }, () => Math.fround((random() - 0.5) * 2 ** Math.floor(random() * 8 - 6)));
  vector[0] = -0;
  return { id: sha(`${seed} ${index}`), vector, text, file, file_id: sha(file), file_sha256: sha(`${file} ${seed}`), section: passage === 0 ? "" : `Section ${passage}`, page: passage, passage, passages: 20, ingested_at: "2026-11-24T08:00:00.000Z" };
}

export const TEST_EMBEDDING = { name: "model-a", sha256: "a".repeat(64) };

export async function makeCollection(connection: MilvusConnection, collection_name: string, dimension: number, embedding = TEST_EMBEDDING): Promise<void> {
  await connection.call("createCollection", (client) =>
    client.createCollection({
      collection_name,
      fields: [
        { name: "id", data_type: "VarChar", is_primary_key: true, max_length: 64 },
        { name: "vector", data_type: "FloatVector", dim: dimension },
        { name: "text", data_type: "VarChar", max_length: 65_535 },
        { name: "file", data_type: "VarChar", max_length: 4096 },
        { name: "file_id", data_type: "VarChar", max_length: 64 },
        { name: "file_sha256", data_type: "VarChar", max_length: 64 },
        { name: "section", data_type: "VarChar", max_length: 4096 },
        { name: "page", data_type: "Int64" },
        { name: "passage", data_type: "Int64" },
        { name: "passages", data_type: "Int64" },
        { name: "ingested_at", data_type: "VarChar", max_length: 32 },
      ],
      index_params: [{ field_name: "vector", index_type: "AUTOINDEX", metric_type: "COSINE" }],
      properties: { [EMBEDDING_NAME]: embedding.name, [EMBEDDING_SHA256]: embedding.sha256 },
    } as never),
  );
}

export async function insertRows(connection: MilvusConnection, collection_name: string, rows: readonly TestRow[], how: "insert" | "upsert" = "insert"): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    const data = rows.slice(start, start + 500) as never;
    await connection.call(how, (client) => client[how]({ collection_name, data }));
  }
}
