import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes JSON that only this user may read, whole or not at all. */
export function writePrivateJson(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value)}\n`, 0o600);
}

/** Writes a file, whole or not at all. */
export function writeWhole(path: string, content: string, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode, flag: "wx" });
  renameSync(temporary, path);
}

/** null when the file is missing or is no JSON. */
export function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    return null;
  }
}
