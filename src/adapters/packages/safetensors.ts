import { z } from "zod";

const Entry = z.object({ dtype: z.string(), shape: z.array(z.number().int().nonnegative()), data_offsets: z.tuple([z.number().int(), z.number().int()]) });

export interface SafeTensor {
  dtype: string;
  /** Outermost dimension first, as PyTorch counts. */
  shape: number[];
  data: Uint8Array;
}

/** Reads a safetensors file held in memory: eight bytes of length, a JSON table, then the data. */
export function readSafetensors(bytes: Uint8Array): Map<string, SafeTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const table = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>;
  const tensors = new Map<string, SafeTensor>();
  for (const [name, value] of Object.entries(table)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets } = Entry.parse(value);
    tensors.set(name, { dtype, shape, data: bytes.subarray(8 + length + data_offsets[0], 8 + length + data_offsets[1]) });
  }
  return tensors;
}
