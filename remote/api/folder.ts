import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { MentorError } from "../../src/contract/errors.ts";
import { isCourseFile } from "../../src/contract/ingest.ts";
import type { CourseFile } from "./ingest.ts";

/**
 * The course files of a folder on this host, sorted by name.
 *
 * @throws MentorError course-missing, course-empty
 */
export async function courseFilesOf(directory: string): Promise<CourseFile[]> {
  let paths: string[];
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    throw new MentorError("course-missing", `The folder ${directory} cannot be read on the host.`, { cause: error });
  }
  const files: CourseFile[] = [];
  for (const path of paths.sort()) {
    const file = relative(directory, path).split(sep).join("/");
    if (!isCourseFile(file)) continue;
    const sha256 = createHash("sha256").update(await readFile(path)).digest("hex");
    files.push({ file, sha256, read: () => readFile(path) });
  }
  if (files.length === 0) throw new MentorError("course-empty", `The folder ${directory} on the host holds no course material.`);
  return files;
}
