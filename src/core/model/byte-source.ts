import { open } from "node:fs/promises";

/** A file that is read here and there, never whole. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** May return fewer bytes than asked for only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Opens `path`, lends it to `work`, and closes it whatever happens. */
export async function withFileSource<T>(path: string, work: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    return await work({
      size,
      async read(position, length) {
        const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - position)));
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
    });
  } finally {
    await file.close();
  }
}
