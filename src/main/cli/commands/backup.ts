import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Backup, BackupCreateRequest, BackupProgress } from "../../../contract/backup.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import { reportOf, UsageError } from "../failure.ts";
import type { Output } from "../output.ts";
import { createProgressView } from "../progress-view.ts";
import { askSecret } from "../terminal.ts";
import { formatBytes, formatSeconds } from "../units.ts";

export interface WhereOptions {
  folder?: string;
  stick?: string;
}

export interface CreateOptions extends WhereOptions {
  always?: boolean;
  encrypt?: boolean;
  cold?: boolean;
  unencrypted?: boolean;
}

export async function createBackup({ folder, always, encrypt, cold, unencrypted }: CreateOptions, { output, connect }: CommandContext): Promise<void> {
  if (cold && encrypt) throw new UsageError("--encrypt goes with a backup of rows, not with --cold.");
  const passphrase = encrypt ? await newPassphrase(output) : undefined;
  await withCore(connect, async (client) => {
    const signal = output.terminal.interrupt;
    const request: BackupCreateRequest = { ...(folder === undefined ? {} : { folder: absolute(folder, output) }), ...(always ? { always } : {}), ...(passphrase === undefined ? {} : { passphrase }), ...(cold ? { kind: "cold" } : {}), ...(unencrypted ? { unencrypted } : {}) };
    const created = await followed(output, "Back up", await client.backup.create(request, { signal }));
    const { backup, skipped, pruned, seconds } = created;
    if (skipped) output.line(`Nothing has changed since the backup ${backup.name}; it is still the newest.`);
    else output.line(`Backed up and proven in ${formatSeconds(seconds)}: ${backup.path} (${described(backup)})`);
    if (created.changedSince) output.line("  The course was changed meanwhile: the backup holds it as it was before. Make another one to have all of it.");
    for (const old of pruned) output.line(`  ${old.name} was removed: newer ones are kept instead.`);
    output.result("backup create", { created });
  });
}

export async function listBackups({ folder, stick }: WhereOptions, { output, connect }: CommandContext): Promise<void> {
  const list = await withCore(connect, (client) => client.backup.list(where({ folder, stick }, output)));
  output.line(`Backups in ${list.folder}:`);
  for (const backup of list.backups) {
    output.line(`  ${backup.name}  ${described(backup)}`);
    if (backup.problem !== null) output.line(`    ${backup.problem.message}`);
  }
  if (list.backups.length === 0) output.line("  none");
  output.result("backup list", list);
}

export async function verifyBackup(name: string, options: WhereOptions & PassphraseOption, { output, connect }: CommandContext): Promise<void> {
  const passphrase = options.passphrase ? await knownPassphrase(output) : undefined;
  await withCore(connect, async (client) => {
    const { path } = await chosen(name, await client.backup.list(where(options, output)), output);
    const verified = await opened(passphrase, output, async (opening) => followed(output, "Verify", await client.backup.verify({ path, ...opening }, { signal: output.terminal.interrupt })));
    output.line(`${verified.backup.name} is whole: ${formatBytes(verified.bytes)} read and proven in ${formatSeconds(verified.seconds)}.`);
    output.result("backup verify", { verified });
  });
}

interface PassphraseOption {
  passphrase?: boolean;
}

export interface RestoreOptions extends WhereOptions, PassphraseOption {
  undo?: boolean;
  embedAnew?: boolean;
}

export async function restoreBackup(name: string | undefined, { undo, embedAnew, passphrase: asks, ...options }: RestoreOptions, { output, connect }: CommandContext): Promise<void> {
  const passphrase = asks ? await knownPassphrase(output) : undefined;
  await withCore(connect, async (client) => {
    const signal = output.terminal.interrupt;
    const restored = undo
      ? await followed(output, "Go back", await client.backup.undoRestore(undefined, { signal }))
      : await chosen(name, await client.backup.list(where(options, output)), output).then(({ path }) =>
          opened(passphrase, output, async (opening) => followed(output, "Restore", await client.backup.restore({ path, ...(embedAnew ? { embedAnew } : {}), ...opening }, { signal }))),
        );
    const amount = `${restored.documents} documents, ${restored.rows} passages`;
    if (!restored.undoable) output.line(`The store's folder is that of the copy again: ${amount}.`);
    else output.line(undo ? `The course is as it was before the last restore: ${amount}.` : `Restored and proven in ${formatSeconds(restored.seconds)}: ${amount}. Go back with: ai-mentor backup restore --undo`);
    output.result("backup restore", { restored });
  });
}

export async function pruneBackups({ dryRun, ...options }: WhereOptions & { dryRun?: boolean }, { output, connect }: CommandContext): Promise<void> {
  const pruned = await withCore(connect, (client) => client.backup.prune({ ...where(options, output), ...(dryRun ? { dryRun } : {}) }));
  for (const backup of pruned.removed) output.line(`${dryRun ? "would remove" : "removed"}  ${backup.name}  ${described(backup)}`);
  if (pruned.removed.length === 0) output.line("There is nothing to remove.");
  output.result("backup prune", { pruned });
}

/** Keeps the passphrase that backups at Stop are encrypted with, or forgets it. */
export async function keepPassphrase({ forget }: { forget?: boolean }, { output, connect }: CommandContext): Promise<void> {
  const passphrase = forget ? null : await newPassphrase(output);
  await withCore(connect, (client) => client.backup.keepPassphrase({ passphrase }));
  output.line(forget ? "No passphrase is kept any more; backups made with it still need it." : "The passphrase is kept: from now on backups are encrypted with it. Write it down elsewhere too.");
  output.result("backup passphrase", { kept: !forget });
}

/** Asked for twice at a terminal, because nobody can read a backup whose passphrase was mistyped; else read from the standard input. */
async function newPassphrase(output: Output): Promise<string> {
  const { terminal } = output;
  if (terminal.stdin.isTTY !== true) return knownPassphrase(output);
  const first = await askSecret(terminal, "Passphrase for the backup (not shown): ");
  const second = await askSecret(terminal, "The same again: ");
  terminal.interrupt.throwIfAborted();
  if (first === null || first !== second) throw new UsageError("The two passphrases are not the same.");
  return first;
}

const PASSPHRASE = "Passphrase of the backup (not shown): ";

async function knownPassphrase({ terminal }: Output): Promise<string> {
  const given = terminal.stdin.isTTY === true ? await askSecret(terminal, PASSPHRASE) : (await text(terminal.stdin)).replace(/\r?\n$/, "");
  terminal.interrupt.throwIfAborted();
  if (given === null || given === "") throw new UsageError("No passphrase was given. Type it when asked, or pipe it in.");
  return given;
}

/** Where the passphrase is missing or wrong and somebody sits at a terminal, it is asked for until it opens the backup. */
async function opened<Result>(given: string | undefined, output: Output, work: (opening: { passphrase?: string }) => Promise<Result>): Promise<Result> {
  for (let passphrase = given; ; ) {
    try {
      return await work(passphrase === undefined ? {} : { passphrase });
    } catch (thrown) {
      const { code } = reportOf(thrown);
      if (output.json || (code !== "backup-encrypted" && code !== "backup-passphrase-wrong")) throw thrown;
      const answer = await askSecret(output.terminal, code === "backup-encrypted" ? PASSPHRASE : `That did not open it. ${PASSPHRASE}`);
      output.terminal.interrupt.throwIfAborted();
      if (answer === null || answer === "") throw thrown;
      passphrase = answer;
    }
  }
}

type Followed<Result> = AsyncIterable<{ type: "progress"; progress: BackupProgress } | { type: "done"; result: Result }>;

/** Shows the progress and returns what came of it. */
async function followed<Result>(output: Output, title: string, events: Followed<Result>): Promise<Result> {
  const view = createProgressView(output, title);
  try {
    for await (const event of events) {
      if (event.type === "done") return event.result;
      output.event(event);
      view.update(event.progress);
    }
  } finally {
    view.finish();
  }
  throw new MentorError("cancelled", "The work was cancelled.");
}

/** By name in the list, by path, or the newest where none was named. */
async function chosen(name: string | undefined, { folder, backups }: { folder: string; backups: Backup[] }, output: Output): Promise<Pick<Backup, "path">> {
  if (name === undefined) {
    const newest = backups.find(({ problem }) => problem === null);
    if (newest === undefined) throw new MentorError("backup-missing", `There is no backup in ${folder} that could be restored.`);
    return newest;
  }
  return backups.find((backup) => backup.name === name) ?? { path: absolute(name, output) };
}

const absolute = (path: string, output: Output): string => resolve(output.terminal.cwd, path);

function where({ folder, stick }: WhereOptions, output: Output): WhereOptions {
  return { ...(folder === undefined ? {} : { folder: absolute(folder, output) }), ...(stick === undefined ? {} : { stick: absolute(stick, output) }) };
}

function described({ course, createdAt, rows, bytes, provenAt, encrypted, kind, milvus }: Backup): string {
  const day = (at: string | null) => (at === null ? "never" : at.slice(0, 16).replace("T", " "));
  return [
    course,
    kind === "cold" ? "whole store" : rows === null ? null : `${rows} passages`,
    formatBytes(bytes),
    milvus === null ? null : `Milvus ${milvus.kind} ${milvus.version}`,
    encrypted ? "encrypted" : null,
    `made ${day(createdAt)}, proven ${day(provenAt)}`,
  ].filter((part) => part !== null).join(", ");
}
