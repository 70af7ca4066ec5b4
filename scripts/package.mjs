#!/usr/bin/env node
// Builds the desktop app: `npm run package -- --dir` for a folder, without it for installers.
import { join } from "node:path";
import { runCommand } from "./setup/command.mjs";
import { ROOT, runScript, setup } from "./setup.mjs";

/**
 * Bundles main process and preload, then hands over to electron-builder.
 * @param {string[]} args electron-builder's own
 */
export async function buildPackage(args, root = ROOT) {
  const { node } = await setup({ root });
  const bin = (name, ...rest) => [node, join(root, "node_modules", ...name.split("/")), ...rest];
  for (const AI_MENTOR_BUNDLE of ["main", "preload"]) {
    const env = { ...process.env, AI_MENTOR_BUNDLE };
    await runCommand(`Bundling Electron's ${AI_MENTOR_BUNDLE}`, bin("vite/bin/vite.js", "build", "--config", "src/main/electron/vite.config.ts"), { cwd: root, env });
  }
  // A folder made by hand stands in for Electron where its binary cannot be downloaded.
  const stand = process.env.AI_MENTOR_ELECTRON_DIST;
  const electron = stand === undefined ? [] : [`-c.electronDist=${stand}`];
  await runCommand("Packaging", bin("electron-builder/cli.js", "--publish", "never", ...electron, ...args), { cwd: root });
}

await runScript(import.meta.url, async (args) => {
  await buildPackage(args);
  process.stderr.write("The app is in the folder release.\n");
});
