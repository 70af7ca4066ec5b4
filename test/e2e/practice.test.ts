import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PLAN, planFor } from "../../src/core/session/plan.ts";
import { newUser } from "../parts/mentor-cli.ts";

/** On two loaded cores; a few tens of seconds on a quiet computer. */
const MINUTES = 15 * 60_000;

test("practice does the whole job on this computer, from making the stick to a stopped session", { timeout: MINUTES }, async () => {
  const user = newUser();
  onTestFinished(() => user.leave());

  const { exit, last, lines, stderr } = await user.run("practice");
  expect({ exit, stderr, error: last.error }).toEqual({ exit: 0, stderr: "", error: undefined });
  expect(Object.keys(last)).toEqual(["ready", "stick", "steps", "firstTokenSeconds", "answer"]);
  expect(readdirSync(join(last.stick!, "model")).filter((name) => name.endsWith(".gguf"))).toHaveLength(2);
  const plan = planFor(PLAN, null).map(({ id }) => id);
  expect(last.steps!.map(({ id }) => id).sort()).toEqual([...plan].sort());
  for (const step of last.steps!) expect(step).toEqual({ id: step.id, startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), seconds: expect.any(Number) });
  expect(last.firstTokenSeconds).toBeGreaterThan(0);
  expect(last.answer!.text.trim()).not.toBe("");
  expect(last.answer!.sources.length).toBeGreaterThan(0);
  for (const source of last.answer!.sources) expect(Object.keys(source)).toEqual(["file", "section", "page", "score"]);
  // Whatever is asked first, the sample course has one document about it.
  expect(readdirSync(join(last.stick!, "course"))).toContain(last.answer!.sources[0]!.file);
  expect(lines.length).toBeGreaterThan(plan.length);

  expect((await user.run("status")).last.session?.phase).toBe("stopped");
});
