import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ServiceOutput } from "../../../src/contract/agent.ts";
import { Inbox } from "../../../remote/api/inbox.ts";
import { startApi } from "../../../remote/api/start.ts";

const HOUR = 60 * 60 * 1000;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const bytes = async function* (text: string) {
  yield Buffer.from(text);
};

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "inbox "));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Two files, one of them half sent, and something that is not the inbox's. */
async function fill(path: string): Promise<void> {
  const inbox = new Inbox(path);
  await inbox.receive(sha256("whole"), 5, 0, bytes("whole"));
  await inbox.receive(sha256("half"), 4, 0, bytes("ha"));
  await writeFile(join(path, "notes.txt"), "a person's own");
}

test("what was given up is cleared after a day, and not before: a cut line may come back", async () => {
  const path = await folder();
  await fill(path);
  const later = (hours: number) => new Inbox(path, () => Date.now() + hours * HOUR);
  expect(await later(23).clear()).toEqual({ files: 0, bytes: 0 });
  expect(await later(23).have(sha256("half"))).toEqual({ have: 2, complete: false });
  expect(await later(25).clear()).toEqual({ files: 2, bytes: 7 });
  expect(await readdir(path)).toEqual(["notes.txt"]);
  expect(await later(25).receive(sha256("half"), 4, 0, bytes("half"))).toEqual({ have: 4, complete: true });
});

test("an inbox that nothing was ever sent to has nothing to clear", async () => {
  expect(await new Inbox(join(await folder(), "none")).clear()).toEqual({ files: 0, bytes: 0 });
});

test("the service clears it when it starts, and says so", async () => {
  const dataDir = await folder();
  await fill(join(dataDir, "inbox"));
  const said: ServiceOutput[] = [];
  const config = { key: "k".repeat(40), port: 0, llmUrl: "http://127.0.0.1:1", milvusAddress: "127.0.0.1:1", collection: "c", embedding: { name: "none", sha256: "a" }, dataDir };
  const api = await startApi(config, (line) => said.push(line), () => Date.now() + 25 * HOUR);
  onTestFinished(() => api.close());
  expect(await readdir(join(dataDir, "inbox"))).toEqual(["notes.txt"]);
  expect(said[0]).toEqual({ log: expect.stringContaining("were removed: 2, 0.0 MB") });
});
