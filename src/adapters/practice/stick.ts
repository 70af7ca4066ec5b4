import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import { chatModel, embeddingModel } from "../packages/models.ts";
import { CHAT_MODEL, EMBEDDING_MODEL } from "../packages/pins.ts";
import { PRACTICE_COURSE_FOLDER } from "./course.ts";

export interface PracticeStickOptions {
  dataFolder: string;
  cacheDir: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Where the sample course comes from; replaced where the app is packed. */
  courseFolder?: string;
}

export const PRACTICE_STICK_NAME = "practice-stick";

const README = `This folder stands for the USB stick that you would bring to a lesson.

model/    a small chat model (${CHAT_MODEL.file}) and the model
          that searches the course (${EMBEDDING_MODEL.file})
course/   a sample course of five short documents; add your own files and see
          what the mentor makes of them

The chat model is small enough for any computer and often wrong. For a real
course, put a larger one into a folder like this on a stick.

You may delete this folder at any time; the next practice run makes it again.
`;

/**
 * Makes the practice stick, a folder in the user's data folder, and returns its absolute path.
 * What is already there is left alone, the person's own files too.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, disk-full, cancelled
 */
export async function makePracticeStick(options: PracticeStickOptions): Promise<string> {
  const { cacheDir, signal, onProgress } = options;
  const stick = join(options.dataFolder, PRACTICE_STICK_NAME);
  const fetching = { cacheDir, signal, onProgress };
  // One after the other: two bars at once would only compete for the same line.
  const chat = await chatModel(fetching);
  const embedding = await embeddingModel(fetching);
  try {
    await mkdir(join(stick, "model"), { recursive: true });
    await place(chat, join(stick, "model", CHAT_MODEL.file), CHAT_MODEL.bytes, signal);
    await place(embedding, join(stick, "model", EMBEDDING_MODEL.file), EMBEDDING_MODEL.bytes, signal);
    await copyCourse(options.courseFolder ?? PRACTICE_COURSE_FOLDER, join(stick, "course"));
    await writeFile(join(stick, "README.txt"), README);
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    const needed = CHAT_MODEL.bytes + EMBEDDING_MODEL.bytes;
    throw new MentorError("disk-full", `There is no room for the practice stick in ${options.dataFolder}: it needs ${Math.ceil(needed / 1e6)} MB.`, { cause: error });
  }
  return stick;
}

/** A clone of the file where the file system can, else a second name for it, else a copy. */
async function place(source: string, target: string, bytes: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const found = await stat(target).catch(() => null);
  if (found?.size === bytes) return;
  const temporary = `${target}.${randomUUID()}.part`;
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE_FORCE)
      .catch(() => link(source, temporary))
      .catch(() => copyFile(source, temporary));
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function copyCourse(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const file of await readdir(source)) {
    await copyFile(join(source, file), join(target, file), constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
