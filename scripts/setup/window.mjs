import { join } from "node:path";
import { runCommand } from "./command.mjs";
import { unlessCurrent } from "./stamp.mjs";

/** Everything that the window's files are made from. */
const FILES = { output: "dist/renderer/index.html", stamp: "dist/window.sha256", sources: ["src/renderer", "src/contract", "package-lock.json"] };

/** @param {string} root @param {string} node @param {{ step: Function }} progress */
export function buildWindow(root, node, progress) {
  return unlessCurrent(root, FILES, () =>
    progress.step("Build the window", () => runCommand("Build the window", [node, join(root, "node_modules/vite/bin/vite.js"), "build", "--config", "src/renderer/vite.config.ts"], { cwd: root })),
  );
}
