import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

/**
 * Vectors that were made anew, kept beside the backup's files as they come: to make them takes as long
 * as reading the course did, and a restore that was cut asks for none of them twice. One chunk after
 * the other, each the float32 values of its rows, little-endian, and 32 bytes of SHA-256 over the rows
 * that they were made from and the values. What does not fit is cut off and made again.
 */
export class RemadeVectors {
  readonly #file: FileHandle;
  #offset = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `model`: SHA-256 of the model that makes them. */
  static async open(folder: string, model: string): Promise<RemadeVectors> {
    return new RemadeVectors(await open(fileOf(folder, model), "a+", 0o600));
  }

  /** The vectors of the next rows, each of `dimension` values; `make` is asked where they are not kept. */
  async next(rows: readonly Record<string, unknown>[], dimension: number, make: () => Promise<readonly (readonly number[])[]>): Promise<Uint8Array[]> {
    const width = dimension * 4;
    const kept = Buffer.alloc(rows.length * width + 32);
    const { bytesRead } = await this.#file.read(kept, 0, kept.length, this.#offset);
    let values = kept.subarray(0, rows.length * width);
    if (bytesRead < kept.length || !kept.subarray(values.length).equals(seal(rows, values))) {
      values = Buffer.concat((await make()).map((vector) => new Uint8Array(Float32Array.from(vector).buffer)));
      await this.#file.truncate(this.#offset);
      // Opened to append: it goes to the end, which is here.
      await this.#file.write(Buffer.concat([values, seal(rows, values)]));
    }
    this.#offset += values.length + 32;
    return rows.map((_, index) => values.subarray(index * width, (index + 1) * width));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const fileOf = (folder: string, model: string): string => join(folder, `remade-${model.slice(0, 16)}.vectors`);

function seal(rows: readonly Record<string, unknown>[], values: Uint8Array): Buffer {
  const text = JSON.stringify(rows, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? undefined : value));
  return createHash("sha256").update(text).update(values).digest();
}
