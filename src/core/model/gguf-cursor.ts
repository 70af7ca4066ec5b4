import { MentorError } from "../../contract/errors.ts";
import type { ByteSource } from "./byte-source.ts";

const BLOCK_BYTES = 256 * 1024;

/**
 * Walks forward through the header of a GGUF. Reads in blocks, skips without reading, and refuses
 * to read more than `limit` bytes in all: a hostile header must cost neither time nor memory.
 */
export class GgufCursor {
  readonly #source: ByteSource;
  readonly #file: string;
  #left: number;
  #block: Uint8Array = new Uint8Array();
  #blockStart = 0;
  position = 0;

  constructor(source: ByteSource, file: string, limit: number) {
    this.#source = source;
    this.#file = file;
    this.#left = limit;
  }

  async u8(): Promise<number> {
    return (await this.#view(1)).getUint8(0);
  }

  async u32(): Promise<number> {
    return (await this.#view(4)).getUint32(0, true);
  }

  /** A 64-bit count, length or offset; refused where it is beyond what a file can hold. */
  async size(what: string): Promise<number> {
    const value = (await this.#view(8)).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damaged(`${what} is ${value}`);
    return Number(value);
  }

  /** Decodes `length` bytes with `read`, for numbers of the other widths. */
  async number(length: number, read: (view: DataView) => number): Promise<number> {
    return read(await this.#view(length));
  }

  async text(what: string, maxBytes: number): Promise<string> {
    const length = await this.size(`the length of ${what}`);
    if (length > maxBytes) throw this.damaged(`${what} is ${length} bytes long`);
    return new TextDecoder().decode(await this.#bytes(length));
  }

  /** Text that is kept only when it is short enough; else it is passed over and null. */
  async textUpTo(what: string, maxBytes: number): Promise<string | null> {
    const length = await this.size(`the length of ${what}`);
    if (length <= maxBytes) return new TextDecoder().decode(await this.#bytes(length));
    this.skip(length);
    return null;
  }

  /** Passes over `count` texts. A vocabulary has hundreds of thousands: those inside a block cost no turn of the event loop. */
  async passTexts(count: number, what: string): Promise<void> {
    for (let left = count; left > 0; left--) {
      const at = this.position - this.#blockStart;
      const here = at >= 0 && at + 8 <= this.#block.length;
      const length = here ? sizeAt(this.#block, at) : await this.size(`a length in ${what}`);
      if (here) this.position += 8;
      this.skip(length);
    }
  }

  skip(length: number): void {
    this.#requireInside(length);
    this.position += length;
  }

  damaged(reason: string): MentorError {
    return new MentorError("model-not-gguf", `${this.#file} begins like a model, but its header is damaged: ${reason}.`, {
      advice: "Copy the model onto the stick again.",
      details: { file: this.#file, position: this.position },
    });
  }

  async #view(length: number): Promise<DataView> {
    const bytes = await this.#bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  async #bytes(length: number): Promise<Uint8Array> {
    this.#requireInside(length);
    const start = this.position - this.#blockStart;
    this.position += length;
    if (start >= 0 && start + length <= this.#block.length) return this.#block.subarray(start, start + length);
    const from = this.position - length;
    const wanted = Math.max(BLOCK_BYTES, length);
    this.#left -= Math.min(wanted, this.#source.size - from);
    if (this.#left < 0) throw this.damaged("it is larger than any header can be");
    this.#block = await this.#source.read(from, wanted);
    this.#blockStart = from;
    // The file shrank, or the stick failed, between the look at its size and this read.
    if (this.#block.length < length) throw this.#truncated();
    return this.#block.subarray(0, length);
  }

  #requireInside(length: number): void {
    if (this.position + length > this.#source.size) throw this.#truncated();
  }

  #truncated(): MentorError {
    const { size } = this.#source;
    return new MentorError("model-truncated", `${this.#file} ends after ${size} bytes, in the middle of its header.`, { details: { file: this.#file, bytes: size } });
  }
}

/** A little-endian 64-bit number; one beyond 2^53 loses digits, and is larger than any file all the same. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}
