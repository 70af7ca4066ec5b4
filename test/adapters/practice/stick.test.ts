import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheFolder } from "../../../src/adapters/local-files/folders.ts";
import { PRACTICE_COURSE_FOLDER, PRACTICE_QUESTIONS } from "../../../src/adapters/practice/course.ts";
import { makePracticeStick } from "../../../src/adapters/practice/stick.ts";
import { chooseModel, embeddingModelOn, inspectStick } from "../../../src/core/stick/inspect.ts";

let dataFolder: string;
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "ai-mentor-practice-"));
});
afterEach(async () => await rm(dataFolder, { recursive: true, force: true }));

test("the practice stick is a whole stick: chat model, search model, course", async () => {
  const folder = await makePracticeStick({ dataFolder, cacheDir: cacheFolder() });
  const stick = await inspectStick(folder, { kind: "practice" });
  expect(stick.problem).toBeNull();
  expect(chooseModel(stick).file).toBe("model/SmolLM2-135M-Instruct.Q4_1.gguf");
  expect(embeddingModelOn(stick)?.file).toBe("model/all-MiniLM-L6-v2.f16.gguf");
  expect(stick.course).toEqual({ folder: "course", files: 5 });
}, 120_000);

test("made again, also twice at once, it leaves the person's own files alone and mends what is missing", async () => {
  const options = { dataFolder, cacheDir: cacheFolder() };
  const folder = await makePracticeStick(options);
  await writeFile(join(folder, "course", "mine.md"), "# Mine");
  await writeFile(join(folder, "course", "04-memory-and-storage.md"), "changed");
  await rm(join(folder, "model", "SmolLM2-135M-Instruct.Q4_1.gguf"));
  await Promise.all([makePracticeStick(options), makePracticeStick(options)]);
  expect(await readFile(join(folder, "course", "04-memory-and-storage.md"), "utf8")).toBe("changed");
  expect((await readdir(join(folder, "course"))).length).toBe(6);
  expect((await readdir(join(folder, "model"))).sort()).toEqual(["SmolLM2-135M-Instruct.Q4_1.gguf", "all-MiniLM-L6-v2.f16.gguf"]);
});

test("every practice question has its answer under the heading it names", async () => {
  const unanswered: string[] = [];
  for (const { question, file, section, expected } of PRACTICE_QUESTIONS) {
    const content = await readFile(join(PRACTICE_COURSE_FOLDER, file), "utf8");
    // A PDF's text is compressed; that it can be read is shown where it is ingested.
    if (file.endsWith(".pdf") && content.startsWith("%PDF-")) continue;
    const passage = section === null ? content : (content.split("\n## ").find((part) => part.startsWith(`${section}\n`)) ?? "");
    if (!expected.some((words) => passage.includes(words))) unanswered.push(question);
  }
  expect(unanswered).toEqual([]);
});
