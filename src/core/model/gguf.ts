import { MentorError } from "../../contract/errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { tensorBytes } from "./ggml-types.ts";
import { GgufCursor } from "./gguf-cursor.ts";

export type MetadataValue = number | boolean | string | number[];

/** What one GGUF file says about itself. */
export interface Gguf {
  /** Short values only: vocabularies and other long arrays are passed over. */
  metadata: ReadonlyMap<string, MetadataValue>;
  tensorCount: number;
  /** Parameters in this file, counted from its tensors' shapes. */
  parameters: number;
  /** ggml type that most parameters have; null without tensors. */
  commonestType: number | null;
  /** Bytes that the file must have to hold all of its tensors. */
  expectedBytes: number;
}

/**
 * Largest header that is walked through. Vocabularies of 256,000 words with their merges take
 * about 12 MB; nothing known comes near this.
 */
const MAX_HEADER_BYTES = 96 * 2 ** 20;
const MAX_METADATA = 8_192;
const MAX_TENSORS = 262_144;
/** The longest known list of merges has 515,000. */
const MAX_TEXTS = 2_000_000;
const MAX_KEY_BYTES = 1_024;
/** Chat templates of several tools reach 30 kB. */
const MAX_KEPT_TEXT_BYTES = 512 * 1024;
/** Per-layer values are kept, vocabularies are not. */
const MAX_KEPT_NUMBERS = 2_048;
const MAX_DIMENSIONS = 4;

const STRING = 8;
const ARRAY = 9;
const BOOL = 7;
const NUMBERS: Readonly<Record<number, readonly [bytes: number, read: (view: DataView) => number]>> = {
  0: [1, (view) => view.getUint8(0)],
  1: [1, (view) => view.getInt8(0)],
  2: [2, (view) => view.getUint16(0, true)],
  3: [2, (view) => view.getInt16(0, true)],
  4: [4, (view) => view.getUint32(0, true)],
  5: [4, (view) => view.getInt32(0, true)],
  6: [4, (view) => view.getFloat32(0, true)],
  7: [1, (view) => view.getUint8(0)],
  10: [8, (view) => Number(view.getBigUint64(0, true))],
  11: [8, (view) => Number(view.getBigInt64(0, true))],
  12: [8, (view) => view.getFloat64(0, true)],
};

/**
 * Reads the header of a GGUF (version 2 or 3) through a few blocks, never the weights. Ours, and
 * not @huggingface/gguf: that one keeps every vocabulary in memory and trusts every count.
 *
 * @param file name for messages
 * @throws MentorError model-not-gguf, model-truncated (also when the weights do not fit the file), model-unsupported
 */
export async function readGguf(source: ByteSource, file: string): Promise<Gguf> {
  const cursor = new GgufCursor(source, file, MAX_HEADER_BYTES);
  await checkMagic(source, cursor, file);
  const tensorCount = await cursor.size("the number of tensors");
  const metadataCount = await cursor.size("the number of metadata entries");
  if (tensorCount > MAX_TENSORS) throw cursor.damaged(`it claims ${tensorCount} tensors`);
  if (metadataCount > MAX_METADATA) throw cursor.damaged(`it claims ${metadataCount} metadata entries`);

  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < metadataCount; index++) {
    const key = await cursor.text("a metadata key", MAX_KEY_BYTES);
    const value = await readValue(cursor, key, await cursor.u32());
    if (value !== null) metadata.set(key, value);
  }
  const tensors = await readTensors(cursor, tensorCount, file);
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || alignment < 1 || (alignment & (alignment - 1)) !== 0) throw cursor.damaged(`its alignment is ${String(alignment)}`);
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const expectedBytes = tensorCount === 0 ? cursor.position : dataStart + tensors.dataBytes;
  if (!Number.isSafeInteger(expectedBytes)) throw cursor.damaged(`it claims ${expectedBytes} bytes`);
  if (source.size < expectedBytes) {
    throw new MentorError("model-truncated", `${file} has ${source.size} bytes, but its own header says it needs ${expectedBytes}: ${expectedBytes - source.size} are missing.`, {
      details: { file, bytes: source.size, expectedBytes },
    });
  }
  return { metadata, tensorCount, parameters: tensors.parameters, commonestType: tensors.commonestType, expectedBytes };
}

async function checkMagic(source: ByteSource, cursor: GgufCursor, file: string): Promise<void> {
  const start = Buffer.from(await source.read(0, 64)).toString("latin1");
  if (!start.startsWith("GGUF")) throw new MentorError("model-not-gguf", `${file} is not a model: ${whatItIs(start, source.size)}.`, { details: { file } });
  cursor.skip(4);
  const version = await cursor.u32();
  if (version === 2 || version === 3) return;
  const reason = version === 1 ? "is in version 1 of the format, which engines no longer read" : version % 0x10000 === 0 ? "is made for big-endian computers" : `is in version ${version} of the format, which this app does not know`;
  throw new MentorError("model-unsupported", `${file} ${reason}.`, { advice: "Get a current GGUF of the same model.", details: { file, version } });
}

function whatItIs(start: string, size: number): string {
  if (size === 0) return "it is empty";
  if (start.startsWith("version https://git-lfs")) return "it is a Git LFS pointer, a few lines that stand for the real file";
  if (/^\s*<(!doctype|html)/i.test(start)) return "it is a web page, probably saved instead of the download";
  if (/^(lmgg|fmgg|tjgg|ggml|ggmf|ggjt)/.test(start)) return "it is in the older GGML format";
  if (/^\0+$/.test(start)) return "it begins with nothing but zeros, as after a copy that was cut off";
  return "it does not begin with the letters GGUF";
}

/** null for what is passed over. */
async function readValue(cursor: GgufCursor, key: string, type: number): Promise<MetadataValue | null> {
  if (type === STRING) return await cursor.textUpTo(key, MAX_KEPT_TEXT_BYTES);
  if (type === ARRAY) return await readArray(cursor, key);
  const number = NUMBERS[type];
  if (number === undefined) throw cursor.damaged(`${printable(key)} has the unknown type ${type}`);
  const value = await cursor.number(...number);
  return type === BOOL ? value !== 0 : value;
}

async function readArray(cursor: GgufCursor, key: string): Promise<number[] | null> {
  const type = await cursor.u32();
  const count = await cursor.size(`the length of ${printable(key)}`);
  if (type === STRING) {
    if (count > MAX_TEXTS) throw cursor.damaged(`${printable(key)} claims ${count} entries`);
    await cursor.passTexts(count, printable(key));
    return null;
  }
  const number = NUMBERS[type];
  if (number === undefined) throw cursor.damaged(`${printable(key)} is a list of the unknown type ${type}`);
  if (count > MAX_KEPT_NUMBERS) {
    if (!Number.isSafeInteger(count * number[0])) throw cursor.damaged(`${printable(key)} claims ${count} entries`);
    cursor.skip(count * number[0]);
    return null;
  }
  const values: number[] = [];
  for (let index = 0; index < count; index++) values.push(await cursor.number(...number));
  return values;
}

async function readTensors(cursor: GgufCursor, count: number, file: string): Promise<{ parameters: number; dataBytes: number; commonestType: number | null }> {
  let parameters = 0;
  let dataBytes = 0;
  const byType = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const name = printable(await cursor.text("a tensor's name", MAX_KEY_BYTES));
    const dimensionCount = await cursor.u32();
    if (dimensionCount > MAX_DIMENSIONS) throw cursor.damaged(`${name} has ${dimensionCount} dimensions`);
    let elements = 1;
    let row = 1;
    for (let dimension = 0; dimension < dimensionCount; dimension++) {
      const length = await cursor.size(`a dimension of ${name}`);
      if (dimension === 0) row = length;
      elements *= length;
    }
    if (!Number.isSafeInteger(elements)) throw cursor.damaged(`${name} claims ${elements} elements`);
    const type = await cursor.u32();
    const offset = await cursor.size(`the place of ${name}`);
    const bytes = tensorBytes(type, elements, row);
    if (bytes === null) {
      throw new MentorError("model-unsupported", `${file} stores ${name} in a number format (${type}) that the engine does not know.`, { details: { file, tensor: name, type } });
    }
    parameters += elements;
    dataBytes = Math.max(dataBytes, offset + bytes);
    byType.set(type, (byType.get(type) ?? 0) + elements);
  }
  const commonest = [...byType].sort((a, b) => b[1] - a[1])[0];
  return { parameters, dataBytes, commonestType: commonest?.[0] ?? null };
}

/** A name out of an untrusted file, fit for a message. */
function printable(text: string): string {
  return text.length <= 80 ? text.replace(/\p{C}/gu, "?") : `${text.slice(0, 77).replace(/\p{C}/gu, "?")}…`;
}
