import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, type BackupCreated, type BackupFile, type BackupLabel, type BackupProgress, type BackupRestored, type CourseState } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import type { OwnMilvusKind } from "../../contract/milvus.ts";
import { ProgressMeter } from "../progress-meter.ts";
import type { Clock, ExecResult, Host } from "../ports.ts";
import { describeBackup, readLabel } from "./backup-folder.ts";
import type { CourseStore } from "./course-store.ts";
import { diskError, fileTooLarge, hashFile, isTooLargeFor, syncFolder, writeDurably } from "./disk.ts";
import { fetchFile } from "./fetch.ts";
import { sealed } from "./label.ts";
import { coldLabelName, coldName, numbered, partialName } from "./names.ts";
import type { StoreControl } from "./store-control.ts";
import { confirmStore, exchangeStore, freshFolder } from "./store-exchange.ts";
import { requireLayoutOfEntries, requireLayoutOfKind, TOP } from "./store-layout.ts";
import { verifyBackup } from "./verify.ts";

/** Whether bytes on the host are those that were meant, in a program that is there. */
const HASH = `const h = require("node:crypto").createHash("sha256"); let n = 0; require("node:fs").createReadStream(process.argv[1]).on("data", (b) => { h.update(b); n += b.length; }).on("end", () => console.log(JSON.stringify({ bytes: n, sha256: h.digest("hex") })));`;

interface ColdOptions {
  store: CourseStore;
  control: StoreControl;
  clock: Clock;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
}

const step = (phase: BackupProgress["phase"], detail: string): BackupProgress => ({ phase, done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail });

/**
 * Packs the stopped store's own folder, starts it again at once, and brings the archive here. Questions
 * are not answered while it stands still. Fits the same version of Milvus only.
 *
 * @throws MentorError backup-failed, disk-full, stick-removed, host-lost, cancelled
 */
export async function createColdCopy(options: ColdOptions & { folder: string; course: string; host: string; appVersion: string }): Promise<BackupCreated> {
  const { store, control, folder, clock, signal, onProgress } = options;
  const begun = clock.now();
  const { milvus } = await store.state(signal);
  const id = randomBytes(8).toString("hex");
  const on = `${control.backups}/exports/${id}`;
  const name = "volumes.tar.gz";
  try {
    await mkdir(folder, { recursive: true });
    await require0(control.host.exec(["mkdir", "-p", on]), "make room for the copy");
    await standingStill(options, async () => {
      onProgress(step("pack", "Packing the course store's folder"));
      // A link that names the store's folder as the original does; tar follows the one that it is given.
      await require0(control.host.exec(["ln", "-s", control.dataDir, `${on}/${TOP}`]), "name the store's folder");
      await require0(control.host.exec(["tar", "-chzf", `${on}/${name}`, "-C", on, TOP], { signal }), "pack the store's folder");
    });
    await require0(control.host.exec(["tar", "-tzf", `${on}/${name}`], { signal, maxOutputBytes: 1 }), "read the copy");
    const file: BackupFile = { name, ...(JSON.parse((await require0(control.host.exec([control.node, "-e", HASH, `${on}/${name}`], { signal }), "hash the copy")).stdout) as { bytes: number; sha256: string }) };
    if (await isTooLargeFor(folder, file.bytes)) throw fileTooLarge(folder);
    const partial = join(folder, partialName(id));
    await mkdir(partial, { recursive: true });
    const meter = new ProgressMeter("bytes", () => clock.now());
    await fetchFile({ read: (offset, soon) => store.read(id, name, offset, soon), file, path: join(partial, name), clock, signal, onBytes: (done) => onProgress({ phase: "fetch", ...meter.at(done, file.bytes, "Bringing the copy here") }) });
    onProgress(step("check", "Reading the copy back"));
    if ((await hashFile(join(partial, name), signal)).sha256 !== file.sha256) throw new MentorError("backup-failed", "The copy reads back otherwise than it was written.", { advice: "Use another stick; this one cannot be trusted." });
    const at = new Date(clock.now());
    const names = new Set(await readdir(folder));
    const path = join(folder, numbered(coldName(at), (one) => names.has(one)));
    const archive = path.slice(folder.length + 1);
    const label: Omit<BackupLabel, "seal"> = {
      format: BACKUP_FORMAT, version: BACKUP_FORMAT_VERSION, kind: "cold", id, course: options.course, createdAt: at.toISOString(), provenAt: at.toISOString(), host: options.host, appVersion: options.appVersion,
      milvus: { ...milvus, kind: control.kind }, embedding: null, rows: null, documents: null, fingerprint: null, encrypted: false, files: [{ ...file, name: archive }],
    };
    // The label first: an archive alone would be taken for one of the original's.
    await writeDurably(join(folder, coldLabelName(archive)), `${JSON.stringify(sealed(label), null, 2)}\n`);
    await rename(join(partial, name), path);
    await rm(partial, { recursive: true, force: true });
    await syncFolder(folder);
    return { backup: await describeBackup(path), skipped: false, changedSince: false, pruned: [], seconds: (clock.now() - begun) / 1000 };
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, folder);
  } finally {
    await store.removeExport(id).catch(() => {});
  }
}

/**
 * Puts a copy in the place of the store's folder. What was there is kept beside it and comes back at once
 * when the store does not start with the copy, or does not answer.
 *
 * @throws MentorError backup-missing, backup-damaged, backup-unrecognised, backup-other-version, restore-failed, host-lost, cancelled
 */
export async function restoreColdCopy(options: ColdOptions & { path: string }): Promise<BackupRestored> {
  const { store, control, path, clock, signal, onProgress } = options;
  const begun = clock.now();
  const label = await readLabel(path);
  const { milvus } = await store.state(signal);
  if (label !== null) {
    requireLayoutOfKind(label.milvus.kind, control.kind);
    if (label.milvus.version !== milvus.version) throw new MentorError("backup-other-version", `The copy was made with Milvus ${label.milvus.version}; here runs ${milvus.version}.`);
    await verifyBackup({ path, clock, signal, onProgress });
  }
  const id = label?.id ?? randomBytes(8).toString("hex");
  const incoming = `${control.backups}/incoming/${id}`;
  const archive = `${incoming}/volumes.tar.gz`;
  onProgress(step("send", "Sending the copy to the host"));
  await store.send(id, "volumes.tar.gz", path, signal, (done) => onProgress({ ...step("send", "Sending the copy to the host"), done, unit: "bytes" }));
  checkArchive(await control.host.exec(["tar", "-tzf", archive], { signal, maxOutputBytes: 64 << 20 }), control.kind);

  const { host, dataDir } = control;
  const fresh = freshFolder(dataDir);
  await require0(host.exec(["rm", "-rf", fresh]), "clear away an earlier try");
  await require0(host.exec(["mkdir", "-p", fresh]), "make room for the copy");
  onProgress(step("unpack", "Unpacking the copy"));
  await require0(host.exec(["tar", "-xzf", archive, "-C", fresh, "--strip-components=1"], { signal }), "unpack the copy");
  let exchanged = false;
  try {
    await requireFilesOnly(host, fresh);
    const exchange = async () => {
      exchanged = true;
      await require0(exchangeStore(host, dataDir), "put the copy in the place of the store's folder");
    };
    await standingStill(options, exchange, { tryCopy: true });
    const { rows, documents } = await stateOfCopy(options);
    await require0(confirmStore(host, dataDir), "keep the store's folder of before");
    return { backup: await describeBackup(path), collection: "", rows, documents, embeddedAnew: false, undoable: false, seconds: (clock.now() - begun) / 1000 };
  } catch (error) {
    if (!exchanged) {
      signal.throwIfAborted();
      if (error instanceof MentorError && error.code === "backup-unrecognised") throw error;
      throw new MentorError("restore-failed", "The copy was not put in its place: the course store is as it was.", { cause: error });
    }
    // The one before comes back with this start.
    await standingStill(options, async () => {}).catch((failure: unknown) => {
      throw new MentorError("restore-failed", "The course store does not work with this copy, and the one before could not be started again.", { kept: "The course from before is on the host; it is put back at the next start.", advice: "Stop this session and start it again.", cause: new AggregateError([error, failure]) });
    });
    signal.throwIfAborted();
    throw new MentorError("restore-failed", "The course store does not work with this copy; the one before is back.", { cause: error });
  } finally {
    // Left behind it takes room, and the next copy clears it away.
    await host.exec(["rm", "-rf", fresh, incoming]).catch(() => {});
  }
}

/** Nothing is written to the folder meanwhile; the store is started again whatever comes of the work. */
async function standingStill({ control, onProgress }: ColdOptions, work: () => Promise<void>, how?: { tryCopy: boolean }): Promise<void> {
  onProgress(step("pause", "Stopping the course store for a moment"));
  try {
    await control.stop();
    await work();
  } catch (error) {
    // Whatever stopped the work is what there is to say.
    await control.start().catch(() => {});
    throw error;
  }
  await control.start(how);
}

/** Links and devices have no place in a store's folder: they would lead the store out of it. */
async function requireFilesOnly(host: Host, folder: string): Promise<void> {
  const { stdout } = await require0(host.exec(["find", folder, "!", "-type", "f", "!", "-type", "d"], { maxOutputBytes: 4096 }), "look through the copy");
  if (stdout.trim() !== "") throw new MentorError("backup-unrecognised", "The archive holds links or devices, which no course store has.");
}

/** A copy from another host asks for that host's password until this one has taken it over. */
async function stateOfCopy({ store, control, signal, onProgress }: ColdOptions): Promise<CourseState> {
  try {
    return await store.state(signal);
  } catch (error) {
    if (control.takeOver === undefined || signal.aborted) throw error;
    onProgress(step("switch", "Giving the copy this host's password"));
    await control.takeOver(signal);
    return store.state(signal);
  }
}

function checkArchive({ exitCode, stdout, stderr }: ExecResult, here: OwnMilvusKind): void {
  if (exitCode !== 0) throw new MentorError("backup-damaged", "The archive cannot be unpacked: it was cut, or it is none.", { cause: new Error(stderr.trim()) });
  const entries = stdout.split("\n").filter((entry) => entry !== "").map((entry) => entry.replace(/^\.\//, ""));
  if (entries.some((entry) => entry.startsWith("/") || entry.split("/").includes(".."))) throw new MentorError("backup-unrecognised", "The archive holds paths that lead out of its folder.");
  if (entries.length === 0 || entries.some((entry) => entry.split("/")[0] !== TOP)) throw new MentorError("backup-unrecognised", `The archive does not hold a folder “${TOP}” and nothing else, as copies of a course store do.`);
  requireLayoutOfEntries(entries, here);
}

async function require0(work: Promise<ExecResult>, purpose: string): Promise<ExecResult> {
  const result = await work;
  if (result.exitCode === 0) return result;
  const full = /No space left|quota/i.test(result.stderr);
  throw new MentorError(full ? "disk-full" : "backup-failed", `The host could not ${purpose}.`, { cause: new Error(result.stderr.trim().slice(-2000) || `exit code ${result.exitCode}`) });
}
