import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.mjs";
import { unlessCurrent } from "./stamp.mjs";

/** Everything that the shell's files are made from. */
const FILES = { output: "dist/electron/main.mjs", stamp: "dist/shell.sha256", sources: ["src/main", "src/core", "src/adapters", "src/contract", "remote/kit", "package.json", "package-lock.json"] };

/**
 * Makes the shell that `npm start` opens, where Electron's own program has been downloaded.
 * @param {string} root @param {string} node @param {{ step: Function }} progress
 */
export async function buildShellForElectron(root, node, progress) {
  if (!existsSync(join(root, "node_modules/electron/path.txt"))) return;
  await unlessCurrent(root, FILES, () => progress.step("Build the desktop shell", () => buildShell(root, node, join(root, "dist/electron"))));
}

/**
 * Bundles Electron's main process, its threads and the window's preload into `folder`.
 * @param {string} root @param {string} node a Node 24 @param {string} folder
 */
export async function buildShell(root, node, folder) {
  for (const part of ["main", "hash-worker", "preload"]) {
    const argv = [node, join(root, "node_modules/vite/bin/vite.js"), "build", "--config", "src/main/electron/vite.config.ts", "--outDir", folder];
    await runCommand(`Bundle Electron's ${part}`, argv, { cwd: root, env: { ...process.env, AI_MENTOR_BUNDLE: part } });
  }
}
