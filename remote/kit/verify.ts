import { createHash } from "node:crypto";
import { createReadStream, realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** `layer.json`: every file of a layer but itself. It imports nothing of ours: it travels alone and runs on the host as it is. */
export interface LayerList {
  name: string;
  hash: string;
  files: { path: string; bytes: number; sha256: string; executable: boolean }[];
}

/** Compares a layer with its list. `deep` reads every byte. Returns what is wrong; empty when nothing is. */
export async function verifyLayer(folder: string, deep: boolean): Promise<string[]> {
  let list: LayerList;
  try {
    list = JSON.parse(await readFile(join(folder, "layer.json"), "utf8")) as LayerList;
  } catch {
    return ["layer.json is missing or unreadable"];
  }
  const problems: string[] = [];
  for (const file of list.files) {
    const path = join(folder, file.path);
    const found = await stat(path).catch(() => null);
    if (found === null) problems.push(`${file.path} is missing`);
    else if (found.size !== file.bytes) problems.push(`${file.path} has ${found.size} bytes instead of ${file.bytes}`);
    else if (deep && (await sha256(path)) !== file.sha256) problems.push(`${file.path} has another content`);
    if (problems.length === 10) break;
  }
  return problems;
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/**
 * `node verify.ts [--sizes] FOLDER…`: exit code 1 and the problems, one a line, when a layer is
 * damaged. Bundled into the app it is a module like any other.
 */
if (import.meta.url.endsWith("/verify.ts") && realpathSync(process.argv[1] ?? ".") === fileURLToPath(import.meta.url)) {
  const deep = process.argv[2] !== "--sizes";
  const problems = (await Promise.all(process.argv.slice(deep ? 2 : 3).map((folder) => verifyLayer(folder, deep)))).flat();
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
