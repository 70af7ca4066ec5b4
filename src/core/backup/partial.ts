import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BackupFile, BackupProgress, HostExport } from "../../contract/backup.ts";
import { ProgressMeter } from "../progress-meter.ts";
import type { Clock } from "../ports.ts";
import type { CourseStore } from "./course-store.ts";
import { freeBytes, writeDurably } from "./disk.ts";
import { ENCRYPTED_SUFFIX, KEY_FILE, newBackupKey, openBackupKey, recipientOf } from "./encryption.ts";
import { fetchEncrypted, fetchFile } from "./fetch.ts";
import { isPartialName, partialName } from "./names.ts";

/** Room that must be left beside the backup itself: labels, what encryption adds, and what the file system takes. Bytes. */
const MARGIN_BYTES = 4 << 20;
/** What is there already, of an encrypted backup; it tells nothing that is not to be seen anyway. */
const FETCHED_FILE = ".fetched.json";

export interface PartialOptions {
  store: CourseStore;
  folder: string;
  passphrase?: string;
  clock: Clock;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

interface Fetched {
  recipient: string;
  files: BackupFile[];
}

/** Fetches an export into a folder of a temporary name; what an earlier try of the same export left is gone on with. Returns the folder and its files as they lie there. */
export async function fetchExport(exported: HostExport, options: PartialOptions): Promise<{ partial: string; files: BackupFile[] }> {
  const { folder, passphrase } = options;
  await clearPartials(folder, exported.id);
  const partial = join(folder, partialName(exported.id));
  await mkdir(partial, { recursive: true });
  await checkRoom(exported, partial);
  if (passphrase === undefined) {
    await startAfresh(partial, (name) => name.endsWith(ENCRYPTED_SUFFIX) || name === FETCHED_FILE);
    await fetchAll(exported, partial, options, (fetching) => fetchFile(fetching));
    return { partial, files: exported.files };
  }
  const fetched = await earlierFetch(partial, passphrase);
  await fetchAll(exported, partial, options, async (fetching) => {
    const name = fetching.file.name + ENCRYPTED_SUFFIX;
    if (fetched.files.some((one) => one.name === name)) return fetching.onBytes(fetching.file.bytes);
    fetched.files.push({ name, ...(await fetchEncrypted({ ...fetching, path: join(partial, name) }, fetched.recipient)) });
    await writeDurably(join(partial, FETCHED_FILE), JSON.stringify(fetched));
  });
  await rm(join(partial, FETCHED_FILE), { force: true });
  return { partial, files: fetched.files };
}

type Fetching = Parameters<typeof fetchFile>[0];

async function fetchAll({ id, files }: HostExport, partial: string, { store, clock, signal, onProgress }: PartialOptions, fetchOne: (fetching: Fetching) => Promise<void>): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const meter = new ProgressMeter("bytes", () => clock.now());
  let before = 0;
  for (const file of files) {
    await fetchOne({
      read: (offset, soon) => store.read(id, file.name, offset, soon),
      file,
      path: join(partial, file.name),
      clock,
      signal,
      onBytes: (done) => onProgress({ phase: "fetch", ...meter.at(before + done, total, "Bringing the backup here") }),
    });
    before += file.bytes;
  }
}

/** A key and what was fetched with it; made anew where there is none, or where it has another passphrase. */
async function earlierFetch(partial: string, passphrase: string): Promise<Fetched> {
  try {
    const fetched = JSON.parse(await readFile(join(partial, FETCHED_FILE), "utf8")) as Fetched;
    const identity = await openBackupKey(await readFile(join(partial, KEY_FILE)), passphrase);
    if ((await recipientOf(identity)) === fetched.recipient) return fetched;
  } catch {
    // There was no earlier try that could be gone on with.
  }
  await startAfresh(partial, () => true);
  const { recipient, sealed } = await newBackupKey(passphrase);
  await writeDurably(join(partial, KEY_FILE), sealed);
  const key: BackupFile = { name: KEY_FILE, bytes: sealed.length, sha256: createHash("sha256").update(sealed).digest("hex") };
  const fetched: Fetched = { recipient, files: [key] };
  await writeDurably(join(partial, FETCHED_FILE), JSON.stringify(fetched));
  return fetched;
}

async function startAfresh(partial: string, unfit: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(partial)) if (unfit(name)) await rm(join(partial, name), { recursive: true, force: true });
}

async function checkRoom({ files }: HostExport, partial: string): Promise<void> {
  const free = await freeBytes(partial);
  const there = await Promise.all((await readdir(partial)).map((name) => stat(join(partial, name)).then(({ size }) => size, () => 0)));
  const sum = (list: readonly number[]) => list.reduce((total, bytes) => total + bytes, 0);
  if (free !== null && free < sum(files.map(({ bytes }) => bytes)) - sum(there) + MARGIN_BYTES) throw Object.assign(new Error("there is less room than the backup needs"), { code: "ENOSPC" });
}

/** What earlier tries of other exports left behind: nobody will ever go on with it. */
async function clearPartials(folder: string, id: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (isPartialName(name) && name !== partialName(id)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
