import type { Backup } from "../../../contract/backup.ts";
import { MentorError, toErrorReport, type ErrorCode } from "../../../contract/errors.ts";
import { listBackups } from "../../../core/backup/backup-folder.ts";
import { restoreBackup } from "../../../core/backup/restore.ts";
import type { StepContext, StepImplementation, StepOutcome } from "../../../core/session/step.ts";
import { courseStoreOf } from "../backups/course-store.ts";
import { backupFolder, courseName } from "../backups/place.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The course as it was: from the newest proven backup where the host has none, and then from the stick's course folder, of which only what changed is read again. */
export function restoreCourse(tools: StepTools): StepImplementation {
  return {
    id: "restore-course",
    async run(context) {
      const { facts } = context;
      const folder = facts.require("courseFolder");
      const restored = await fromBackup(tools, context, folder !== null);
      const outcome = folder === null ? await asItIs(context) : await fromFolder(context, folder);
      return restored === null ? outcome : { outcome: `${outcome.outcome}, from ${restored}`, skipped: false };
    },
  };
}

/** Name of the backup that the course was restored from; null where none was needed, or none fits. */
async function fromBackup({ settings, passphrases, dataFolder, clock }: StepTools, { facts, request, once, signal, progress, log }: StepContext, folderToo: boolean): Promise<string | null> {
  if (once.withoutBackup === true) {
    log("warn", "No backup was restored, as you asked.");
    return null;
  }
  const store = courseStoreOf(facts, clock);
  if ((await store.state(signal)).fingerprint !== null) return null;
  const course = courseName(facts.require("courseFolder") ?? request.stick ?? null);
  const all = await listBackups(await backupFolder(settings, dataFolder, request.stick));
  const { name, sha256 } = facts.require("embedding");
  const passphrase = once.passphrase ?? (await passphrases.kept()) ?? undefined;
  const fitting = all.filter((one) => one.kind === "rows" && one.course === course && one.problem === null && one.provenAt !== null);
  sayWhatElse(all, fitting, course, log);
  let failure: unknown = null;
  for (const backup of fitting) {
    if (backup.embedding?.sha256 !== sha256) {
      log("info", `The backup ${backup.name} was made with another search model (${backup.embedding?.name}); it is left alone.`);
      continue;
    }
    try {
      await restoreBackup({ store, path: backup.path, passphrase, embedding: { name, sha256: sha256! }, clock, signal, onProgress: progress });
      log("info", `The course is restored from ${backup.name}: ${backup.rows} passages, proven.`);
      return backup.name;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MentorError && NOT_THE_BACKUPS_FAULT.has(error.code)) throw error;
      log("warn", `The backup ${backup.name} could not be restored: ${toErrorReport(error).message}`);
      failure ??= error;
    }
  }
  // With the course's files at hand it can be read anew; without, somebody has to know.
  if (failure !== null && !folderToo) throw failure;
  return null;
}

/** The host's own trouble would meet the next one too; and where somebody may know the passphrase, the course's files alone could be less than what was backed up. */
const NOT_THE_BACKUPS_FAULT: ReadonlySet<ErrorCode> = new Set(["host-lost", "backup-encrypted", "backup-passphrase-wrong"]);

/** A name is all that a course has where nothing is on the host yet: what it may have hidden is said. */
function sayWhatElse(all: readonly Backup[], fitting: readonly Backup[], course: string, log: StepContext["log"]): void {
  const others = new Set(all.map((one) => one.course).filter((name) => name !== null && name !== course));
  if (fitting.length === 0 && others.size > 0) log("info", `There is no backup of the course “${course}” here, but of: ${[...others].join(", ")}. Any of them can be restored under Backups.`);
  if (new Set(fitting.map(({ courseId }) => courseId).filter((id) => id !== undefined)).size > 1) log("warn", `There are backups of more than one course called “${course}”; the newest is restored. The others can be restored under Backups.`);
}

async function asItIs({ facts }: StepContext): Promise<StepOutcome> {
  const documents = await facts.requireHandle("mentor").documents();
  facts.set("course", { documents: documents.length, passages: documents.reduce((sum, one) => sum + one.passages, 0) });
  return { skipped: true, outcome: documents.length === 0 ? "no course yet" : `${documents.length} documents are there` };
}

async function fromFolder({ facts, signal, progress, log }: StepContext, folder: string): Promise<StepOutcome> {
  for await (const event of facts.requireHandle("mentor").ingestFolder(folder, signal)) {
    if (event.type === "sending") progress({ done: event.bytes, total: event.of, unit: "bytes", rate: null, etaSeconds: null, detail: `Sending ${event.file}` });
    if (event.type === "file") progress({ done: event.index, total: event.files, unit: "files", rate: null, etaSeconds: null, detail: event.file });
    if (event.type === "embedded") progress({ done: event.passages, total: event.of, unit: "chunks", rate: null, etaSeconds: null, detail: event.file });
    if (event.type === "file-failed") log("warn", `${event.file} was left out: ${event.message}`);
    if (event.type === "complete") {
      facts.set("course", { documents: event.documents, passages: event.passages });
      const left = event.failed.length === 0 ? "" : `, ${event.failed.length} left out`;
      return { skipped: event.unchanged === event.documents, outcome: `${event.documents} documents, ${event.passages} passages${left}` };
    }
  }
  throw new MentorError("course-unreadable", "The course ended before all of it was read.");
}
