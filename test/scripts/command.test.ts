import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linkCommand } from "../../scripts/setup/dependencies.mjs";
import { handOver } from "../../scripts/setup/hand-over.mjs";

const ROOT = join(import.meta.dirname, "../..");

const run = (file: string, words: string[]) =>
  new Promise<{ exit: unknown; stdout: string; stderr: string }>((resolve) => execFile(process.execPath, [file, ...words], (error, stdout, stderr) => resolve({ exit: error?.code ?? 0, stdout, stderr })));

test("the command runs from the clone, also through npm's link", async () => {
  linkCommand(ROOT);
  const direct = await run(join(ROOT, "bin/ai-mentor.mjs"), ["--version"]);
  expect(direct).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(await run(join(ROOT, "node_modules/.bin/ai-mentor"), ["--version"])).toEqual(direct);
  expect(await run(join(ROOT, "bin/ai-mentor.mjs"), ["nonsense"])).toMatchObject({ exit: 2 });
});

test("before the set-up the command says what to do", async () => {
  const folder = await mkdtemp(join(tmpdir(), "clone "));
  await cp(join(ROOT, "bin"), join(folder, "bin"), { recursive: true });
  await cp(join(ROOT, "scripts"), join(folder, "scripts"), { recursive: true });
  const { exit, stderr } = await run(join(folder, "bin/ai-mentor.mjs"), ["status"]);
  expect(exit).toBe(1);
  expect(stderr).toContain("npm run setup");
  await rm(folder, { recursive: true });
});

test("what is handed over to tells its own end", async () => {
  const node = (script: string) => handOver([process.execPath, "-e", script], { stdio: "ignore" });
  expect(await node("process.exit(7)")).toBe(7);
  expect(await node("process.kill(process.pid, 'SIGTERM')")).toBe(143);
});
