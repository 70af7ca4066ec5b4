import type { BackupEmbedding, BackupField, BackupMilvus, RowsManifest } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusConnection } from "../milvus/connection.ts";
import { EMBEDDING_NAME, EMBEDDING_SHA256 } from "../milvus/store.ts";
import { columnType } from "./columns.ts";

export type Shape = Pick<RowsManifest, "collection" | "aliases" | "properties" | "fields" | "indexes" | "dynamicFields">;

type Pairs = { key: string; value: string | number }[];
const record = (pairs: Pairs | undefined): Record<string, string> => Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, String(value)]));

/** All that is needed to make a collection again. @throws MentorError backup-failed where it has what would be lost */
export async function shapeOf(connection: MilvusConnection, collection_name: string): Promise<Shape> {
  const description = await connection.call("describeCollection", (client) => client.describeCollection({ collection_name, cache: false }));
  const { index_descriptions } = await connection.call("describeIndex", (client) => client.describeIndex({ collection_name }));
  const { fields, enable_dynamic_field } = description.schema;
  if (enable_dynamic_field) throw new MentorError("backup-failed", `The collection ${collection_name} takes fields that its schema does not name; they would be lost.`, { advice: "Back it up with Milvus' own tools." });
  const found = fields.map((field): BackupField => {
    const { name, data_type, is_primary_key, autoID, type_params } = field;
    const nullable = (field as { nullable?: boolean }).nullable === true;
    return { name, type: data_type, params: record(type_params as Pairs), ...(is_primary_key ? { primaryKey: true } : {}), ...(autoID ? { autoId: true } : {}), ...(nullable ? { nullable } : {}) };
  });
  for (const field of found) columnType(field);
  return {
    collection: description.schema.name,
    aliases: description.aliases,
    properties: record(description.properties as Pairs),
    fields: found,
    indexes: index_descriptions.map(({ field_name, params }) => ({ field: field_name, params: record(params as Pairs) })),
    dynamicFields: false,
  };
}

export function embeddingOf({ properties, fields }: Shape): BackupEmbedding {
  const vectors = fields.find(({ type }) => type === "FloatVector");
  const [name, sha256] = [properties[EMBEDDING_NAME], properties[EMBEDDING_SHA256]];
  if (vectors === undefined || name === undefined || sha256 === undefined) throw new MentorError("backup-failed", "This collection does not say which model its vectors come from.");
  return { name, sha256, dimension: Number(vectors.params.dim) };
}

/** "milvus_lite-3.2.2" names its kind; a server gives its version alone. */
export async function milvusOf(connection: MilvusConnection): Promise<BackupMilvus> {
  const { version } = await connection.call("getVersion", (client) => client.getVersion());
  const lite = /^milvus_lite-(.*)$/.exec(version);
  return lite === null ? { kind: "server", version: version.replace(/^v/, "") } : { kind: "lite", version: lite[1]! };
}

/** An empty collection of this shape, without any index yet: rows go in faster, and the index is made once. */
export async function createLike({ fields, properties }: Shape, collection_name: string, connection: MilvusConnection): Promise<void> {
  await connection.call("createCollection", (client) =>
    client.createCollection({
      collection_name,
      fields: fields.map(({ name, type, primaryKey, nullable, params: { dim, max_length } }) => ({
        name,
        data_type: type,
        is_primary_key: primaryKey === true,
        // Keys are part of the backup: Milvus must not invent new ones.
        autoID: false,
        ...(nullable === true ? { nullable } : {}),
        ...(dim === undefined ? {} : { dim: Number(dim) }),
        ...(max_length === undefined ? {} : { max_length: Number(max_length) }),
      })),
      properties: Object.fromEntries(Object.entries(properties).filter(([key]) => key.startsWith("mentor."))),
    } as never),
  );
}

/** Fields with an index that an earlier try has made. A server answers with an error where there is none. */
async function indexedFields(collection_name: string, connection: MilvusConnection): Promise<Set<string>> {
  const { index_descriptions } = await connection.call("describeIndex", (client) => client.describeIndex({ collection_name })).catch(() => ({ index_descriptions: [] }));
  return new Set(index_descriptions.map(({ field_name }) => field_name));
}

/** Makes the indexes and loads it; resolves when searches are answered from the index. `unlike`: told where this Milvus has no index of that kind, and chooses one itself. */
export async function indexLike(shape: Shape, collection_name: string, connection: MilvusConnection, signal: AbortSignal, unlike: (text: string) => void): Promise<void> {
  const there = await indexedFields(collection_name, connection);
  for (const { field, params } of shape.indexes.filter((one) => !there.has(one.field))) {
    const { index_type = "AUTOINDEX", metric_type = "COSINE", ...rest } = params;
    const make = (type: string, more: object) => connection.call("createIndex", (client) => client.createIndex({ collection_name, field_name: field, index_type: type, metric_type, ...more } as never));
    try {
      await make(index_type, paramsOf(rest));
    } catch (error) {
      if (index_type === "AUTOINDEX") throw error;
      unlike(`This Milvus has no index of the kind ${index_type}; it chooses one for ${field} itself.`);
      await make("AUTOINDEX", {});
    }
  }
  await connection.load(collection_name);
  for (;;) {
    signal.throwIfAborted();
    const { index_descriptions } = await connection.call("describeIndex", (client) => client.describeIndex({ collection_name }));
    const states = index_descriptions.map(({ state }) => String(state));
    if (states.includes("Failed")) throw new MentorError("restore-failed", "Milvus could not make the index of the restored course.");
    if (states.every((state) => state !== "InProgress" && state !== "Unissued")) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Milvus tells build parameters as one JSON text, or one by one, depending on its version. */
function paramsOf(rest: Record<string, string>): object {
  const { params, ...single } = rest;
  const known = ["M", "efConstruction", "nlist", "m", "nbits"];
  const all = { ...(params === undefined ? {} : (JSON.parse(params) as object)), ...Object.fromEntries(Object.entries(single).filter(([key]) => known.includes(key))) };
  return Object.keys(all).length === 0 ? {} : { params: all };
}
