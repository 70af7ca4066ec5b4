import { createHash } from "node:crypto";
import { open, stat, statfs } from "node:fs/promises";
import { MentorError } from "../../contract/errors.ts";

/** Large enough that a slow stick is not asked too often, small enough that a cancel is heard. */
const READ_BYTES = 1 << 20;

/** SHA-256 of a file as it lies on the disk, and its length. `onBytes`: read since the last call. */
export async function hashFile(path: string, signal: AbortSignal, onBytes: (bytes: number) => void = () => {}): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunksOf(path, signal)) {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes(chunk.length);
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** A file's bytes; each chunk is only good until the next. */
export async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** On the disk when this resolves. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes sure that names in a folder are on the disk. Windows and some sticks cannot, and need not. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

const KEPT = "The course is kept, and so are the backups before.";

/** FAT32 takes no file of 4 GiB, however much room there is. */
export const fileTooLarge = (folder: string, cause?: unknown): MentorError =>
  new MentorError("disk-full", `${folder} is on a FAT32 file system, which takes no file of 4 GB or more.`, { kept: KEPT, advice: "Make a backup of rows: its files are small; or choose a folder on another disk, or a stick formatted as exFAT.", details: { folder }, cause });

/** Linux' own number for FAT of any kind: statfs(2), MSDOS_SUPER_MAGIC. */
const FAT = 0x4d44;
const FAT_FILE_BYTES = 2 ** 32;

/** Whether the folder's file system, where that can be told, takes no file of this length. */
export async function isTooLargeFor(folder: string, bytes: number): Promise<boolean> {
  return bytes >= FAT_FILE_BYTES && (await statfs(folder).then(({ type }) => type === FAT, () => false));
}

export async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

export const isFolder = (path: string): Promise<boolean> => stat(path).then((found) => found.isDirectory(), () => false);

/** What a failing disk means to the person, where it means something; anything else as it came. */
export function diskError(error: unknown, folder: string): unknown {
  if (error instanceof MentorError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new MentorError("disk-full", `There is not enough room for the backup in ${folder}.`, { kept: KEPT, advice: "Free some space there, remove old backups, or choose another folder; then press Retry.", details: { folder }, cause: error });
    case "EFBIG":
      return fileTooLarge(folder, error);
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new MentorError("backup-failed", `Nothing can be written in ${folder}.`, { advice: "Choose another folder, or another stick; then press Retry.", details: { folder }, cause: error });
    case "ENOENT":
    case "ENODEV":
    case "ENXIO":
    case "EIO":
    case "ENOTCONN":
    case "ESTALE":
      return new MentorError("stick-removed", `${folder} went away while the backup was written.`, { kept: KEPT, advice: "Plug the same stick in again and press Retry: what had arrived is taken up again.", details: { folder }, cause: error });
    default:
      return error;
  }
}
