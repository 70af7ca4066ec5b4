import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Does `work` unless `output` is there and was made from just these sources.
 * @param {string} root
 * @param {{ output: string, stamp: string, sources: string[], conditions?: string }} files all below
 *   root; `conditions`: what else counts, as text
 * @param {() => Promise<void>} work
 */
export async function unlessCurrent(root, { output, stamp, sources, conditions = "" }, work) {
  const file = join(root, stamp);
  const wanted = hashOf(root, sources, conditions);
  if (existsSync(join(root, output)) && existsSync(file) && readFileSync(file, "utf8") === wanted) return;
  await work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
}

function hashOf(root, sources, conditions) {
  const hash = createHash("sha256").update(conditions);
  for (const source of sources) addToHash(hash, root, source);
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
