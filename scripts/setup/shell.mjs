import { join } from "node:path";
import { runCommand } from "./command.mjs";

/**
 * Bundles Electron's main process and the window's preload into `folder`.
 * @param {string} root @param {string} node a Node 24 @param {string} folder
 */
export async function buildShell(root, node, folder) {
  for (const part of ["main", "preload"]) {
    const argv = [node, join(root, "node_modules/vite/bin/vite.js"), "build", "--config", "src/main/electron/vite.config.ts", "--outDir", folder];
    await runCommand(`Bundle Electron's ${part}`, argv, { cwd: root, env: { ...process.env, AI_MENTOR_BUNDLE: part } });
  }
}
