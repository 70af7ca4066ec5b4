import { open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MentorError } from "../../contract/errors.ts";

/** Where the bytes come from. */
export interface ChunkSource {
  /** File name, without folder. */
  readonly name: string;
  /** Size in bytes when it was opened. */
  readonly bytes: number;
  /** Fills `bytes` from `offset` on. Throws `model-changed`, `stick-removed` or `stick-unreadable`. */
  read(bytes: Buffer, offset: number): Promise<void>;
  /** Throws `model-changed` when it is no longer the file that was opened. */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** A file on the stick or on this computer. */
export async function openFileSource(path: string): Promise<ChunkSource> {
  const failure = (error: unknown) => sourceFailure(path, error);
  const file = await open(path, "r").catch((error: unknown) => {
    throw failure(error);
  });
  const first = await file.stat();
  if (!first.isFile()) {
    await file.close();
    throw new MentorError("input-invalid", `${path} is not a file.`);
  }
  const changed = () => new MentorError("model-changed", `${path} was changed by something else while it was being sent.`);
  /** A stick that is pulled out first shows as a read error, or as a file that ends early. */
  const throwUnlessGone = async (fault: MentorError): Promise<never> => {
    await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw failure(error);
    });
    throw fault;
  };
  return {
    name: basename(path),
    bytes: first.size,
    async read(bytes, offset) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done).catch((error: unknown) => throwUnlessGone(failure(error)));
        if (bytesRead === 0) return throwUnlessGone(changed());
        done += bytesRead;
      }
    },
    async requireUnchanged() {
      // By path, not by handle: a file that was replaced keeps its old self behind the handle.
      const now = await stat(path).catch((error: unknown) => {
        throw failure(error);
      });
      if (now.size !== first.size || now.mtimeMs !== first.mtimeMs || now.ino !== first.ino) throw changed();
    },
    close: () => file.close().catch(() => {}), // a stick that is gone cannot be closed either
  };
}

/** What a failed call on a file that is to be sent means for its owner. */
export function sourceFailure(path: string, error: unknown): MentorError {
  const { code } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (code === "ENOENT") return new MentorError("stick-removed", `${path} is not there any more: was the stick with ${dirname(path)} pulled out?`, options);
  if (code === "ENODEV" || code === "ENXIO" || code === "ENOTCONN" || code === "EBADF") {
    return new MentorError("stick-removed", `The stick that holds ${path} was pulled out.`, options);
  }
  return new MentorError("stick-unreadable", `${path} could not be read (${code ?? "unknown fault"}).`, options);
}
