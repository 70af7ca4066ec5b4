import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runBackupProgram } from "../../../remote/backup/program.ts";
import type { ProgramRequest } from "../../../remote/backup/request.ts";
import { ERRORS } from "../../../src/contract/errors.ts";

const common = { milvus: { address: "127.0.0.1:1" }, course: "rocks", folder: "/none" };

test.each([
  [{ ...common, action: "export", documents: [] }, "backup-failed", "read anew, from its beginning"],
  [{ ...common, action: "import", token: "abc", embedding: { name: "m", sha256: "0".repeat(64) } }, "restore-failed", "goes on with the rows that have arrived"],
  [{ ...common, action: "undo" }, "restore-failed", "finished"],
] satisfies [ProgramRequest, keyof typeof ERRORS, string][])("a program that is killed at its work is told with what Retry will do: %o", async (request, code, advice) => {
  const folder = await mkdtemp(join(tmpdir(), "mentor-program-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, "program.mjs");
  await writeFile(program, 'process.stdout.write(\'{"log":"begun"}\\n\', () => process.kill(process.pid, "SIGKILL"));');
  const said: string[] = [];
  const running = runBackupProgram(program, request, new AbortController().signal, (line) => said.push(line));
  await expect(running.next()).rejects.toMatchObject({ code, advice: expect.stringContaining(advice) });
  expect(said).toEqual(["begun"]);
});
