import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import { isCourseFile } from "../../contract/ingest.ts";

export interface LocalCourseFile {
  /** Relative to the course folder, with `/` between folders: what the course knows it by. */
  file: string;
  /** Absolute path here. */
  path: string;
  bytes: number;
}

/**
 * The course files in a folder of this computer, sorted by name.
 *
 * @throws MentorError course-missing, course-empty
 */
export async function requireCourseFolder(folder: string): Promise<LocalCourseFile[]> {
  const files: LocalCourseFile[] = [];
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const file = relative(folder, path).split(sep).join("/");
      if (entry.isFile() && isCourseFile(file)) files.push({ file, path, bytes: (await stat(path)).size });
    }
  } catch (error) {
    throw new MentorError("course-missing", `The course folder ${folder} cannot be read.`, { details: { folder }, cause: error });
  }
  if (files.length === 0) throw new MentorError("course-empty", `The folder ${folder} holds no course material.`, { details: { folder } });
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

export async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { signal })) hash.update(bytes as Uint8Array);
  return hash.digest("hex");
}
