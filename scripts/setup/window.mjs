import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.mjs";

/** Everything that the window's files are made from. */
const SOURCES = ["src/renderer", "src/contract", "package-lock.json"];
const STAMP = "dist/window.sha256";

/** @param {string} root @param {string} node @param {{ step: Function }} progress */
export async function buildWindow(root, node, progress) {
  const stamp = join(root, STAMP);
  const wanted = sourceHash(root);
  if (existsSync(join(root, "dist/renderer/index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await progress.step("Build the window", () => runCommand("Build the window", [node, join(root, "node_modules/vite/bin/vite.js"), "build", "--config", "src/renderer/vite.config.ts"], { cwd: root }));
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stamp, wanted);
}

function sourceHash(root) {
  const hash = createHash("sha256");
  for (const source of SOURCES) addToHash(hash, root, source);
  return hash.digest("hex");
}

function addToHash(hash, root, path) {
  const entries = path.includes(".") ? null : readdirSync(join(root, path), { withFileTypes: true });
  if (entries === null) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) addToHash(hash, root, inner);
    else if (entry.isFile()) hash.update(`${inner}\0`).update(readFileSync(join(root, inner)));
  }
}
