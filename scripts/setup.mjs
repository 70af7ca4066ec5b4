#!/usr/bin/env node
// Runs under any Node from 18 on, with nothing installed: only Node's own modules are imported here.
import { realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError } from "./setup/command.mjs";
import { areInstalled, installDependencies, linkCommand } from "./setup/dependencies.mjs";
import { findNode24, nodeAdvice, requireNode24Possible } from "./setup/node24.mjs";
import { oneAtATime } from "./setup/one-at-a-time.mjs";
import { createProgress } from "./setup/progress.mjs";
import { buildShellForElectron } from "./setup/shell.mjs";
import { buildSshBinding } from "./setup/ssh-binding.mjs";
import { buildWindow } from "./setup/window.mjs";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * Brings the clone to where everything runs: packages, Node 24, the window. When nothing changed
 * since the last time it takes a fraction of a second and prints nothing.
 * @returns {Promise<{ node: string }>} the Node 24 to run the rest with
 */
export async function setup({ root = ROOT, progress = createProgress() } = {}) {
  requireNode24Possible(root);
  if (!areInstalled(root)) await oneAtATime(root, () => installDependencies(root, progress));
  const node = findNode24(root);
  if (node === null) throw new SetupError("Node 24 is not among the installed packages.", { advice: nodeAdvice(process.platform, process.arch) });
  linkCommand(root);
  await buildSshBinding(root, node, progress);
  await buildWindow(root, node, progress);
  await buildShellForElectron(root, node, progress);
  return { node };
}

/** Prints a failure in plain words, for every script here. Anything unexpected keeps its stack. */
export function explain(error) {
  if (!(error instanceof SetupError)) return process.stderr.write(`${error?.stack ?? error}\n`);
  const lines = error.lines.map((line) => `    ${line}\n`).join("");
  process.stderr.write(`\n✗ ${error.message}\n${lines}${error.advice === "" ? "" : `  What to do: ${error.advice}\n`}`);
}

/** Runs a script's work when its file is what was started; failures end it with exit code 1. */
export async function runScript(url, work) {
  if (process.argv[1] === undefined || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    process.exitCode = (await work(process.argv.slice(2))) ?? 0;
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}

await runScript(import.meta.url, async () => {
  await setup();
  process.stderr.write("All set: npm start opens the window, npm run practice does the whole job in the terminal.\n");
});
