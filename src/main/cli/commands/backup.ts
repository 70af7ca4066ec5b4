import { resolve } from "node:path";
import type { Backup, BackupProgress } from "../../../contract/backup.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";
import { createProgressView } from "../progress-view.ts";
import { formatBytes, formatSeconds } from "../units.ts";

export interface WhereOptions {
  folder?: string;
  stick?: string;
}

export async function createBackup({ folder, always }: WhereOptions & { always?: boolean }, { output, connect }: CommandContext): Promise<void> {
  await withCore(connect, async (client) => {
    const signal = output.terminal.interrupt;
    const created = await followed(output, "Back up", await client.backup.create({ ...(folder === undefined ? {} : { folder: absolute(folder, output) }), ...(always ? { always } : {}) }, { signal }));
    const { backup, skipped, pruned, seconds } = created;
    if (skipped) output.line(`Nothing has changed since the backup ${backup.name}; it is still the newest.`);
    else output.line(`Backed up and proven in ${formatSeconds(seconds)}: ${backup.path} (${described(backup)})`);
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

export async function verifyBackup(name: string, options: WhereOptions, { output, connect }: CommandContext): Promise<void> {
  await withCore(connect, async (client) => {
    const { path } = await chosen(name, await client.backup.list(where(options, output)), output);
    const verified = await followed(output, "Verify", await client.backup.verify({ path }, { signal: output.terminal.interrupt }));
    output.line(`${verified.backup.name} is whole: ${formatBytes(verified.bytes)} read and proven in ${formatSeconds(verified.seconds)}.`);
    output.result("backup verify", { verified });
  });
}

export interface RestoreOptions extends WhereOptions {
  undo?: boolean;
  embedAnew?: boolean;
}

export async function restoreBackup(name: string | undefined, { undo, embedAnew, ...options }: RestoreOptions, { output, connect }: CommandContext): Promise<void> {
  await withCore(connect, async (client) => {
    const signal = output.terminal.interrupt;
    const events = undo
      ? await client.backup.undoRestore(undefined, { signal })
      : await client.backup.restore({ path: (await chosen(name, await client.backup.list(where(options, output)), output)).path, ...(embedAnew ? { embedAnew } : {}) }, { signal });
    const restored = await followed(output, undo ? "Go back" : "Restore", events);
    const amount = `${restored.documents} documents, ${restored.rows} passages`;
    output.line(undo ? `The course is as it was before the last restore: ${amount}.` : `Restored and proven in ${formatSeconds(restored.seconds)}: ${amount}. Go back with: ai-mentor backup restore --undo`);
    output.result("backup restore", { restored });
  });
}

export async function pruneBackups({ dryRun, ...options }: WhereOptions & { dryRun?: boolean }, { output, connect }: CommandContext): Promise<void> {
  const pruned = await withCore(connect, (client) => client.backup.prune({ ...where(options, output), ...(dryRun ? { dryRun } : {}) }));
  for (const backup of pruned.removed) output.line(`${dryRun ? "would remove" : "removed"}  ${backup.name}  ${described(backup)}`);
  if (pruned.removed.length === 0) output.line("There is nothing to remove.");
  output.result("backup prune", { pruned });
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
