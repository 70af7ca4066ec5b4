import { createHash } from "node:crypto";
import type { RowData } from "@zilliz/milvus2-sdk-node";
import type { SourceMetadata } from "../../src/contract/chat.ts";

/** A stretch of a document as it is kept: `metadata.passage` counts from 0 within the document. */
export interface StoredPassage {
  text: string;
  metadata: SourceMetadata;
}

export interface EmbeddedPassage extends StoredPassage {
  vector: readonly number[];
}

export interface Hit extends StoredPassage {
  /** Cosine similarity, -1 to 1. */
  score: number;
}

/** What a search answers of each row. */
export const PASSAGE_FIELDS = ["text", "file", "section", "page", "passage"];

/** Names a document in filters, so that no file name is ever part of an expression. */
export const fileId = (file: string): string => hash(file);

/** Milvus has no empty value for a page or a heading here: page 0 and the empty heading stand for none. */
export function toRow({ text, vector, metadata }: EmbeddedPassage, passages: number, sha256: string, ingested_at: string): RowData {
  const { file, section, page, passage } = metadata;
  const id = hash(`${file}\0${passage}\0${hash(text)}`);
  return { id, vector: [...vector], text, file, file_id: fileId(file), file_sha256: sha256, section: section ?? "", page: page ?? 0, passage, passages, ingested_at };
}

export function fromRow(row: Record<string, unknown>): StoredPassage {
  const { text, file, section, page, passage } = row;
  return {
    text: String(text),
    metadata: { file: String(file), section: section === "" ? null : String(section), page: Number(page) || null, passage: Number(passage) },
  };
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
