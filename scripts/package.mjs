#!/usr/bin/env node
// Builds the desktop app: `npm run package -- --dir` for a folder, without it for installers.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { runCommand } from "./setup/command.mjs";
import { createProgress } from "./setup/progress.mjs";
import { buildShell } from "./setup/shell.mjs";
import { ROOT, runScript, setup } from "./setup.mjs";

/** Stands before the fuses in every Electron since 12. */
const FUSE_WIRE = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";

/**
 * Bundles what the app holds into a stage, and hands over to electron-builder.
 * @param {string[]} args electron-builder's own
 * @param {{ root?: string, node: string, electronDist?: string, progress?: Pick<ReturnType<typeof createProgress>, "step"> }} options
 *   `electronDist`: an unpacked Electron to use instead of the one that electron-builder downloads
 */
export async function packageApp(args, { root = ROOT, node, electronDist, progress = createProgress() }) {
  // In the project, because electron-builder takes paths with a variable for relative ones.
  const stage = mkdtempSync(join(root, "dist", "package-"));
  const config = join(stage, "electron-builder.json");
  try {
    await progress.step("Bundle the app", async () => {
      await buildShell(root, node, join(stage, "dist/electron"));
      cpSync(join(root, "dist/renderer"), join(stage, "dist/renderer"), { recursive: true });
      await runCommand("Bundle the host's services", [node, join(root, "remote/kit/ship.ts"), root, join(stage, "resources")], { cwd: root });
    });
    writeFileSync(config, JSON.stringify(configuration(root, electronDist)));
    await progress.step("Package the app", () =>
      runCommand("Package the app", [node, join(root, "node_modules/electron-builder/cli.js"), "--config", config, "--publish", "never", ...args], { cwd: root, env: { ...process.env, AI_MENTOR_STAGE: relative(root, stage) } }),
    );
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * electron-builder.yml, with what the Electron at hand asks for.
 * @param {string} root @param {string | undefined} electronDist
 * @returns {{ extends: string, electronDist?: string, electronFuses?: null }}
 */
export function configuration(root, electronDist) {
  const base = { extends: join(root, "electron-builder.yml") };
  if (electronDist === undefined) return base;
  // A stand-in that is no Electron has no fuses to set, and electron-builder would stop at that.
  // A real Electron always has them, so that no real app is ever packaged without.
  return { ...base, electronDist: resolve(electronDist), ...(hasFuses(electronDist) ? {} : { electronFuses: null }) };
}

/** On a Mac the fuses are deep inside of the bundle, so every file is looked through. */
function hasFuses(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(FUSE_WIRE));
}

await runScript(import.meta.url, async (args) => {
  const { node } = await setup();
  await packageApp(args, { node, electronDist: process.env.AI_MENTOR_ELECTRON_DIST });
  process.stderr.write("The app is in the folder release.\n");
});
