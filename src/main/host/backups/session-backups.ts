import type {
  BackupCreateEvent,
  BackupCreateRequest,
  BackupList,
  BackupProgress,
  BackupPruned,
  BackupRestoreEvent,
  BackupRestoreRequest,
  BackupVerifyEvent,
  BackupVerifyRequest,
} from "../../../contract/backup.ts";
import { MentorError } from "../../../contract/errors.ts";
import { describeBackup, listBackups, removeBackup } from "../../../core/backup/backup-folder.ts";
import { createColdCopy, restoreColdCopy } from "../../../core/backup/cold.ts";
import { freeBytes } from "../../../core/backup/disk.ts";
import { restoreBackup } from "../../../core/backup/restore.ts";
import { outdated } from "../../../core/backup/retention.ts";
import { verifyBackup } from "../../../core/backup/verify.ts";
import type { Clock } from "../../../core/ports.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import { latest } from "../latest.ts";
import type { SettingsStore } from "../settings-store.ts";
import { backUpCourse } from "./back-up.ts";
import { checkedPassphrase, type BackupPassphrase } from "./passphrase.ts";
import { version } from "../version.ts";
import { courseStoreOf, storeControlOf } from "./course-store.ts";
import { backupFolder, courseName } from "./place.ts";

type Where = { folder?: string; stick?: string };
type Event<Result> = { type: "progress"; progress: BackupProgress } | { type: "done"; result: Result };

export interface SessionBackupsOptions {
  settings: SettingsStore;
  dataFolder: string;
  clock: Clock;
  passphrases: BackupPassphrase;
  /** Of the session that is ready. Throws `session-missing`. */
  running(): SessionFacts;
  /** Of the session that there is, ready or not. */
  stick(): string | null;
}

/** Backups as a person asks for them. */
export class SessionBackups {
  readonly #options: SessionBackupsOptions;
  #busy = 0;

  constructor(options: SessionBackupsOptions) {
    this.#options = options;
  }

  get busy(): boolean {
    return this.#busy > 0;
  }

  async list(where: Where = {}): Promise<BackupList> {
    const folder = await this.#folder(where);
    return { folder, freeBytes: await freeBytes(folder), backups: await listBackups(folder) };
  }

  create(request: BackupCreateRequest, signal: AbortSignal): AsyncGenerator<BackupCreateEvent> {
    return this.#events(signal, async (onProgress) => {
      const { running, stick, ...rest } = this.#options;
      const { folder, always } = request;
      const passphrase = request.passphrase === undefined ? undefined : checkedPassphrase(request.passphrase);
      if (request.kind === "cold") {
        await this.#agreeToPlain(request);
        const facts = running();
        const { clock } = rest;
        const course = courseName(facts.get("courseFolder") ?? stick());
        return createColdCopy({ store: courseStoreOf(facts, clock), control: storeControlOf(facts), clock, folder: await this.#folder({ folder }), course, host: facts.require("hostLabel"), appVersion: version, signal, onProgress });
      }
      const created = await backUpCourse({ facts: running(), ...rest, stick: stick() ?? undefined, folder, always, passphrase, signal, onProgress });
      if (created === null) throw new MentorError("input-invalid", "This session has no course yet, so there is nothing to back up.");
      return created;
    });
  }

  verify({ path, passphrase }: BackupVerifyRequest, signal: AbortSignal): AsyncGenerator<BackupVerifyEvent> {
    return this.#events(signal, (onProgress) => verifyBackup({ path, passphrase, clock: this.#options.clock, signal, onProgress }));
  }

  restore({ path, passphrase, embedAnew }: BackupRestoreRequest, signal: AbortSignal): AsyncGenerator<BackupRestoreEvent> {
    return this.#events(signal, async (onProgress) => {
      const { clock, running, passphrases } = this.#options;
      const facts = running();
      const { name, sha256 } = facts.require("embedding");
      if ((await describeBackup(path)).kind === "cold") return restoreColdCopy({ store: courseStoreOf(facts, clock), control: storeControlOf(facts), path, clock, signal, onProgress });
      return restoreBackup({ store: courseStoreOf(facts, clock), path, passphrase: passphrase ?? (await passphrases.kept()) ?? undefined, embedding: { name, sha256: sha256! }, embedAnew, clock, signal, onProgress });
    });
  }

  undoRestore(signal: AbortSignal): AsyncGenerator<BackupRestoreEvent> {
    return this.#events(signal, async (onProgress) => {
      const { clock, running } = this.#options;
      const begun = clock.now();
      const restored = await courseStoreOf(running(), clock).undo(signal, onProgress);
      return { backup: null, ...restored, undoable: true, seconds: (clock.now() - begun) / 1000 };
    });
  }

  async prune({ dryRun = false, ...where }: Where & { dryRun?: boolean } = {}): Promise<BackupPruned> {
    const { backups } = await this.list(where);
    const removed = outdated(backups, (await this.#options.settings.read()).backup.keep);
    if (!dryRun) for (const backup of removed) await removeBackup(backup);
    return { removed, kept: backups.filter((backup) => !removed.includes(backup)) };
  }

  async remove(path: string): Promise<void> {
    const backup = await describeBackup(path);
    // Whatever was named by mistake stays where it is.
    if (backup.problem?.code === "backup-missing" || backup.problem?.code === "backup-unrecognised") throw new MentorError(backup.problem.code, backup.problem.message, { kept: "Nothing was deleted." });
    await removeBackup(backup);
  }

  /** Whether backups are encrypted by themselves. */
  async passphrase(): Promise<{ kept: boolean }> {
    return { kept: (await this.#options.passphrases.kept()) !== null };
  }

  keepPassphrase(passphrase: string | null): Promise<void> {
    return this.#options.passphrases.keep(passphrase);
  }

  /** Whoever keeps a passphrase expects that nobody else can read what lies on the stick. */
  async #agreeToPlain({ passphrase, unencrypted }: BackupCreateRequest): Promise<void> {
    if (unencrypted === true || (passphrase === undefined && (await this.#options.passphrases.kept()) === null)) return;
    throw new MentorError("input-invalid", "Your backups are encrypted, and a copy of the whole store cannot be.", { kept: "Nothing was written.", advice: "Make a backup of rows: it is encrypted and fits every Milvus. To have the copy all the same: ai-mentor backup create --cold --unencrypted." });
  }

  async #folder({ folder, stick }: Where): Promise<string> {
    return folder ?? (await backupFolder(this.#options.settings, this.#options.dataFolder, stick ?? this.#options.stick() ?? undefined));
  }

  /** The core stays while something runs; only the newest progress is worth telling. */
  async *#events<Result>(signal: AbortSignal, work: (onProgress: (progress: BackupProgress) => void) => Promise<Result>): AsyncGenerator<Event<Result>> {
    let result: Result | undefined;
    this.#busy++;
    try {
      yield* latest<Event<Result>>(async (push) => {
        result = await work((progress) => push({ type: "progress", progress }));
      }, signal);
      if (signal.aborted) throw new MentorError("cancelled", "The work was cancelled.");
      yield { type: "done", result: result as Result };
    } finally {
      this.#busy--;
    }
  }
}
