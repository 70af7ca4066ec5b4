import { create } from "zustand";
import type { Backup, BackupCreated, BackupCreateRequest, BackupList, BackupProgress, BackupRestored, BackupRestoreRequest, BackupVerified, BackupVerifyRequest } from "../../contract/backup.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { core, reportOf } from "../connection/failure.ts";
import { pickStick, useSticks } from "./sticks.ts";
import { useChoices } from "./choices.ts";

export type BackupWork = "create" | "verify" | "restore" | "undo";
export type BackupOutcome = { work: "create"; result: BackupCreated } | { work: "verify"; result: BackupVerified } | { work: "restore" | "undo"; result: BackupRestored } | { work: "cancelled" };

interface BackupsStore {
  /** null until it was asked for. */
  list: BackupList | null;
  work: { kind: BackupWork; path: string | null; progress: BackupProgress | null; cancelling: boolean } | null;
  outcome: BackupOutcome | null;
  /** Why the last work failed, and what it was about: some failures ask something. */
  problem: { report: ErrorReport; kind: BackupWork | "list"; backup: Backup | null } | null;
  passphraseKept: boolean;
}

export const useBackups = create<BackupsStore>(() => ({ list: null, work: null, outcome: null, problem: null, passphraseKept: false }));

export async function loadBackups(): Promise<void> {
  try {
    // Without a session the core looks on the stick that is plugged in.
    const stick = pickStick(useSticks.getState().sticks ?? [], useChoices.getState().stick)?.path;
    const [list, { kept }] = await Promise.all([core().backup.list(stick === undefined ? undefined : { stick }), core().backup.passphrase()]);
    useBackups.setState({ list, passphraseKept: kept });
  } catch (thrown) {
    useBackups.setState({ problem: { report: reportOf(thrown), kind: "list", backup: null } });
  }
}

let giveUp = new AbortController();

type Events<Result> = Promise<AsyncIterable<{ type: "progress"; progress: BackupProgress } | { type: "done"; result: Result }>>;

async function run<Result>(kind: BackupWork, backup: Backup | null, begin: (signal: AbortSignal) => Events<Result>, done: (result: Result) => BackupOutcome): Promise<void> {
  if (useBackups.getState().work !== null) return;
  giveUp = new AbortController();
  const { signal } = giveUp;
  useBackups.setState({ work: { kind, path: backup?.path ?? null, progress: null, cancelling: false }, outcome: null, problem: null });
  try {
    for await (const event of await begin(signal)) {
      if (event.type === "done") useBackups.setState({ outcome: done(event.result) });
      else useBackups.setState(({ work }) => ({ work: work === null ? null : { ...work, progress: event.progress } }));
    }
    if (signal.aborted) useBackups.setState({ outcome: { work: "cancelled" } });
  } catch (thrown) {
    if (signal.aborted) useBackups.setState({ outcome: { work: "cancelled" } });
    else useBackups.setState({ problem: { report: reportOf(thrown), kind, backup } });
  } finally {
    useBackups.setState({ work: null });
    await loadBackups();
  }
}

export const createBackup = (request: BackupCreateRequest = {}) => run("create", null, (signal) => core().backup.create(request, { signal }), (result) => ({ work: "create", result }));
export const verifyBackup = (backup: Backup, more: Omit<BackupVerifyRequest, "path"> = {}) =>
  run("verify", backup, (signal) => core().backup.verify({ path: backup.path, ...more }, { signal }), (result) => ({ work: "verify", result }));
export const restoreBackup = (backup: Backup, more: Omit<BackupRestoreRequest, "path"> = {}) =>
  run("restore", backup, (signal) => core().backup.restore({ path: backup.path, ...more }, { signal }), (result) => ({ work: "restore", result }));
export const undoRestore = () => run("undo", null, (signal) => core().backup.undoRestore(undefined, { signal }), (result) => ({ work: "undo", result }));

export function cancelBackup(): void {
  useBackups.setState(({ work }) => ({ work: work === null ? null : { ...work, cancelling: true } }));
  giveUp.abort();
}

export async function removeBackup(backup: Backup): Promise<void> {
  try {
    await core().backup.remove({ path: backup.path });
  } catch (thrown) {
    useBackups.setState({ problem: { report: reportOf(thrown), kind: "list", backup } });
  }
  await loadBackups();
}

/** null forgets it. */
export async function keepPassphrase(passphrase: string | null): Promise<boolean> {
  try {
    await core().backup.keepPassphrase({ passphrase });
    await loadBackups();
    return true;
  } catch (thrown) {
    useBackups.setState({ problem: { report: reportOf(thrown), kind: "list", backup: null } });
    return false;
  }
}
