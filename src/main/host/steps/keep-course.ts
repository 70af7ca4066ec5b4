import { backsUpAtStop } from "../../../contract/backup-at-stop.ts";
import type { BackupCreated } from "../../../contract/backup.ts";
import { MentorError, toErrorReport } from "../../../contract/errors.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { backUpCourse } from "../backups/back-up.ts";
import { backupFolder } from "../backups/place.ts";
import { machineIsOff } from "./agent-answers.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** At one Stop, while the course goes on changing. */
const MOST_BACKUPS = 3;

/**
 * Nothing to do at the start but to say where the course will be kept; at Stop, while the services
 * still run, the course is backed up. When that fails the session asks: a host that goes away takes
 * the course with it.
 */
export function keepCourse({ settings, passphrases, dataFolder, clock }: StepTools): StepImplementation {
  const wanted = async ({ request }: StepContext): Promise<boolean> => backsUpAtStop((await settings.read()).backup, request.host.kind);
  return {
    id: "keep-course",
    async run(context) {
      // Whatever the course comes to hold from now on is on the rented machine alone.
      markUnsaved(context, true);
      if (!(await wanted(context))) return { skipped: true, outcome: "not backed up at Stop" };
      return { outcome: `at Stop, to ${await backupFolder(settings, dataFolder, context.request.stick)}` };
    },
    adopt: async () => true,
    async undo(context) {
      const { facts, request, once, signal, progress, log } = context;
      if (once.withoutBackup === true) return log("warn", "The course was not backed up, as you asked.");
      // Without the mentor nothing can be read out; it was never reached, or has been put away already.
      if (facts.handle("mentor") === undefined && facts.get("course") === undefined) return;
      try {
        if (!(await wanted(context))) return;
        if (await machineIsOff(context)) {
          facts.keep("The rented machine had stopped before the course could be backed up: what changed since the last backup is on its disk.");
          return;
        }
        const created = await upToDate(() => backUpCourse({ facts, stick: request.stick, settings, passphrases, dataFolder, clock, signal, onProgress: progress }));
        markUnsaved(context, false);
        if (created === null) return;
        const { backup, skipped } = created;
        log("info", skipped ? `Nothing has changed since the backup ${backup.name}.` : `The course is backed up: ${backup.path}, ${backup.rows} passages, read back and proven.`);
        facts.keep(`The course is backed up in ${backup.path} (${backup.rows} passages, proven).`);
      } catch (error) {
        signal.throwIfAborted();
        const { code, message, advice, details } = toErrorReport(error);
        throw new MentorError("backup-failed", `The course could not be backed up: ${message}`, { advice: `${advice ?? "Press Retry."} Or stop without this backup: what changed since the last one is then lost with the host.`, details: { ...details, reason: code }, cause: error });
      }
    },
  };
}

/** Somebody may still add to the course while its backup is brought here: then that is backed up, too. */
async function upToDate(backUp: () => Promise<BackupCreated | null>): Promise<BackupCreated | null> {
  for (let time = 0; time < MOST_BACKUPS; time++) {
    const created = await backUp();
    if (created?.changedSince !== true) return created;
  }
  throw new MentorError("backup-changed", "The course was changed each time that its backup was brought here.");
}

/** Tells whoever gives a rented machine back whether its disk holds rows that no backup has. */
function markUnsaved({ facts }: StepContext, unsavedRows: boolean): void {
  const rent = facts.get("rent");
  if (rent !== undefined) facts.set("rent", { ...rent, unsavedRows });
}
