import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { MentorError } from "../../../src/contract/errors.ts";

/**
 * Bytes of a file that begins like a GGUF; answered in a moment, before an engine is started for it.
 *
 * @throws MentorError model-missing, model-not-gguf
 */
export async function sizeOfGguf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new MentorError("model-missing", `There is no model at ${path}.`, { cause, details: { file: path } });
  });
  if (!found.isFile()) throw new MentorError("model-missing", `${path} is not a file.`, { details: { file: path } });
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4 || buffer.toString("latin1") !== "GGUF") {
      throw new MentorError("model-not-gguf", `${basename(path)} (${found.size} bytes) is not in GGUF format.`, { details: { file: path, bytes: found.size } });
    }
  } finally {
    await file.close();
  }
  return found.size;
}
