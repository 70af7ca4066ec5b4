import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { ownToken } from "../../../remote/milvus/own-token.ts";

test("whoever asks first makes the token, and all who ask at the same time get that one, although it is still being written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "own-token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "deep", "server.token");
  const tokens = await Promise.all(Array.from({ length: 20 }, () => ownToken(file)));
  expect(new Set(tokens)).toEqual(new Set([(await readFile(file, "utf8")).trim()]));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await ownToken(file)).toBe(tokens[0]);

  const slow = join(folder, "slow.token");
  await writeFile(slow, "");
  const waiting = ownToken(slow);
  await sleep(60);
  await writeFile(slow, "root:written late\n");
  expect(await waiting).toBe("root:written late");
});
