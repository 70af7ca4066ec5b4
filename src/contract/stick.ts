import type { ErrorReport } from "./errors.ts";

/** What the header of a GGUF says; read without reading the whole file. */
export interface ModelHeader {
  architecture: string;
  name: string;
  /** "Q5_K_M", from general.file_type. */
  quantisation: string;
  /** Parameters, counted from the tensor shapes. */
  parameters: number;
  /** Longest context in tokens that the model was trained for. */
  contextTokens: number;
  layers: number;
  embeddingLength: number;
  headCount: number;
  headCountKv: number;
  /** Bytes of one token's key and value in all layers at f16. */
  kvBytesPerToken: number;
  chatTemplate: string | null;
  purpose: "chat" | "embedding" | "base";
}

export interface ModelFile {
  /** Path relative to the stick. */
  file: string;
  /** Bytes of all parts together. */
  bytes: number;
  /** Paths of all parts, in order; one for a model in a single file. */
  parts: string[];
  header: ModelHeader | null;
  /** Why it cannot be used; null when it can. */
  problem: ErrorReport | null;
}

export interface Stick {
  /** Absolute path of the mounted folder; the stick's identity for this computer. */
  path: string;
  /** Volume label or folder name. */
  label: string;
  kind: "removable" | "folder" | "practice";
  /** Bytes; null where the system does not say. */
  sizeBytes: number | null;
  freeBytes: number | null;
  readOnly: boolean;
  models: ModelFile[];
  /** Course folder on the stick, relative; null when there is none. */
  course: { folder: string; files: number } | null;
  /** What stands in the way of a session with this stick; null when nothing does. */
  problem: ErrorReport | null;
}
