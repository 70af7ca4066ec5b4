import { randomBytes } from "node:crypto";
import { DataType, FunctionType, type MilvusClient } from "@zilliz/milvus2-sdk-node";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusCapabilities, MilvusTarget } from "../../src/contract/milvus.ts";
import { MilvusConnection } from "./connection.ts";
import { refusal } from "./refusal.ts";

const PATIENCE_MS = 30_000;
const STRONG = { consistency_level: "Strong" as never };

/**
 * Tries on small collections of its own, which it removes again, what the store will ask for and
 * what it could use. Nothing counts as there because no error came: a call that a server does not
 * know is answered with an empty success, so every answer is compared with what it has to be.
 *
 * @throws MentorError store-lacking with the first thing that is missing; endpoint-unreachable, endpoint-untrusted, endpoint-key-rejected
 */
export async function probeCapabilities(target: MilvusTarget): Promise<MilvusCapabilities> {
  const connection = new MilvusConnection(target, PATIENCE_MS);
  const scratch = new Scratch(connection);
  try {
    const { version } = await connection.call("getVersion", (client) => client.getVersion());
    if (typeof version !== "string" || version === "") throw new MentorError("store-lacking", `${target.address} does not say which version of Milvus it is.`);
    await connection.call("listCollections", (client) => client.listCollections());
    const enforcesUsers = await refusesStrangers(target);
    const insertOfExistingKey = await keepsRows(scratch, target);
    const bm25 = await isTrue(() => findsWords(scratch));
    return { version, enforcesUsers, insertOfExistingKey, hybridSearch: await isTrue(() => findsByTwoVectors(scratch)), bm25 };
  } catch (error) {
    throw refusal(error, target);
  } finally {
    await scratch.clear();
    await connection.close();
  }
}

/** Whether a password that nobody was told is refused. */
async function refusesStrangers(target: MilvusTarget): Promise<boolean> {
  const stranger = new MilvusConnection({ ...target, token: `root:${randomBytes(12).toString("hex")}` }, PATIENCE_MS);
  try {
    await stranger.call("listCollections", (client) => client.listCollections());
    return false;
  } catch (error) {
    if (refusal(error, target).code === "endpoint-key-rejected") return true;
    throw error;
  } finally {
    await stranger.close();
  }
}

/** What the store lives from: rows that are written, replaced, counted, found and removed. */
async function keepsRows(scratch: Scratch, { address }: MilvusTarget): Promise<MilvusCapabilities["insertOfExistingKey"]> {
  const require = (holds: boolean, what: string) => {
    if (!holds) throw new MentorError("store-lacking", `Milvus at ${address} ${what}.`);
  };
  const collection_name = await scratch.create([{ name: "vector", data_type: DataType.FloatVector, dim: 2 }], [{ field_name: "vector", index_type: "AUTOINDEX", metric_type: "COSINE" }]);
  const rows = (...list: [string, number[]][]) => list.map(([id, vector]) => ({ id, vector }));
  await scratch.call("upsert", (client) => client.upsert({ collection_name, data: rows(["a", [1, 0]], ["b", [0, 1]]) }));
  await scratch.call("upsert", (client) => client.upsert({ collection_name, data: rows(["a", [0.6, 0.8]]) }));
  require((await scratch.count(collection_name)) === 2, "does not replace a row that is written again");
  const { results } = await scratch.call("search", (client) => client.search({ collection_name, data: [0.6, 0.8], anns_field: "vector", limit: 1, output_fields: ["id"], ...STRONG }));
  require(results[0]?.id === "a" && Math.abs(results[0].score - 1) < 0.01, "does not find the row that is nearest");
  await scratch.call("delete", (client) => client.delete({ collection_name, filter: 'id == "b"' }));
  require((await scratch.count(collection_name)) === 1, "does not remove a row that is deleted");
  const refused = await scratch.call("insert", (client) => client.insert({ collection_name, data: rows(["a", [1, 0]]) })).then(() => false, () => true);
  return refused ? "refuses" : (await scratch.count(collection_name)) === 1 ? "replaces" : "keeps-both";
}

async function findsWords(scratch: Scratch): Promise<boolean> {
  const collection_name = await scratch.create(
    [{ name: "text", data_type: DataType.VarChar, max_length: 100, enable_analyzer: true }, { name: "words", data_type: DataType.SparseFloatVector }],
    [{ field_name: "words", index_type: "SPARSE_INVERTED_INDEX", metric_type: "BM25" }],
    [{ name: "words_of_text", type: FunctionType.BM25, input_field_names: ["text"], output_field_names: ["words"], params: {} }],
  );
  const data = [{ id: "a", text: "a lamp burns oil" }, { id: "b", text: "a bell rings in fog" }];
  await scratch.call("insert", (client) => client.insert({ collection_name, data }));
  const { results } = await scratch.call("search", (client) => client.search({ collection_name, data: "bell" as never, anns_field: "words", metric_type: "BM25", limit: 1, output_fields: ["id"], ...STRONG }));
  return results[0]?.id === "b";
}

async function findsByTwoVectors(scratch: Scratch): Promise<boolean> {
  const fields = ["one", "other"];
  const collection_name = await scratch.create(
    fields.map((name) => ({ name, data_type: DataType.FloatVector, dim: 2 })),
    fields.map((field_name) => ({ field_name, index_type: "AUTOINDEX", metric_type: "COSINE" })),
  );
  const data = [{ id: "a", one: [1, 0], other: [0, 1] }, { id: "b", one: [0.9, 0.1], other: [1, 0] }];
  await scratch.call("insert", (client) => client.insert({ collection_name, data }));
  const search = fields.map((anns_field) => ({ anns_field, data: [1, 0] }));
  const { results } = await scratch.call("hybridSearch", (client) => client.hybridSearch({ collection_name, data: search, limit: 2, output_fields: ["id"], ...STRONG } as never));
  return results.length === 2 && new Set(results.map((hit) => (hit as { id: string }).id)).size === 2;
}

async function isTrue(attempt: () => Promise<boolean>): Promise<boolean> {
  try {
    return await attempt();
  } catch {
    return false;
  }
}

/** Collections of this probe alone. */
class Scratch {
  readonly #connection: MilvusConnection;
  readonly #made: string[] = [];

  constructor(connection: MilvusConnection) {
    this.#connection = connection;
  }

  call<T>(name: string, work: (client: MilvusClient) => Promise<T>): Promise<T> {
    return this.#connection.call(name, work);
  }

  async create(fields: object[], indexes: { field_name: string; index_type: string; metric_type: string }[], functions?: object[]): Promise<string> {
    const collection_name = `ai_mentor_check_${randomBytes(8).toString("hex")}`;
    const key = { name: "id", data_type: DataType.VarChar, is_primary_key: true, max_length: 16 };
    this.#made.push(collection_name);
    await this.call("createCollection", (client) => client.createCollection({ collection_name, fields: [key, ...fields], ...(functions === undefined ? {} : { functions }) } as never));
    for (const index of indexes) await this.call("createIndex", (client) => client.createIndex({ collection_name, ...index }));
    await this.#connection.load(collection_name);
    return collection_name;
  }

  async count(collection_name: string): Promise<number> {
    const { data } = await this.call("query", (client) => client.query({ collection_name, filter: "", output_fields: ["count(*)"], ...STRONG }));
    return Number(data[0]?.["count(*)"]);
  }

  async clear(): Promise<void> {
    for (const collection_name of this.#made) await this.call("drop", (client) => client.dropCollection({ collection_name })).catch(() => {});
  }
}
