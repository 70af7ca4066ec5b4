import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type RunningApi } from "../../../remote/api/start.ts";
import { startLlmServer, type LlmServer } from "../../../remote/llm/server.ts";
import { MentorApi } from "../../../src/adapters/mentor/api.ts";
import type { ChatEvent, IngestEvent } from "../../../src/contract/chat.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";
import { chatModel, embeddingModel } from "../../parts/models.ts";

/** The whole way with nothing stood in for: real models, real Milvus Lite. */
const KEY = "k".repeat(40);
let milvus: RunningMilvus;
let llm: LlmServer;
let api: RunningApi;
let mentor: MentorApi;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mentor-real-"));
  const embedding = await embeddingModel();
  llm = await startLlmServer({ config: { key: KEY, port: 0, model: await chatModel(), embeddingModel: embedding, gpu: "cpu", contextTokens: 2048, parallel: 1, threads: 1 } });
  [milvus] = await Promise.all([startMilvus(), llm.ready]);
  const sha256 = createHash("sha256").update(await readFile(embedding)).digest("hex");
  api = await startApi({ key: KEY, port: 0, llmUrl: `http://127.0.0.1:${llm.port}`, milvusAddress: milvus.address, collection: "course_materials", embedding: { name: basename(embedding), sha256 }, dataDir: join(folder, "data") });
  mentor = new MentorApi({ url: `http://127.0.0.1:${api.port}`, key: KEY });
}, 300_000);

afterAll(async () => {
  await api?.close();
  await llm?.close();
  await milvus?.stop();
  await rm(folder, { recursive: true });
});

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const event of events) list.push(event);
  return list;
}

test("the self-check passes with the real models", async () => {
  expect(await mentor.selfCheck()).toMatchObject({ passed: true, reason: null });
}, 120_000);

test("a question is answered from the right passage, and one about something else is not", async () => {
  const course = join(folder, "course");
  await mkdir(course);
  await writeFile(join(course, "loops.md"), "# Loops\n\n## While loop\n\nA while loop repeats its body as long as a condition is true.\n\n## For loop\n\nA for loop visits each element of a container.");
  await writeFile(join(course, "dense.md"), `# Symbols\n\n${"{}[]()<>=+-*/%&|^~!?".repeat(60)}\n\n# 漢字\n\n${"漢字仮名交じり文".repeat(80)}`);
  const ingested = (await all(mentor.ingestFolder(course))).at(-1) as Extract<IngestEvent, { type: "complete" }>;
  expect(ingested).toMatchObject({ documents: 2, failed: [] });

  const first = mentor.ask({ message: "When does a while loop stop repeating its body?" });
  const sources: ChatEvent[] = [];
  for await (const event of first) sources.push(event);
  const answer = sources.at(-1) as Extract<ChatEvent, { type: "complete" }>;
  expect(answer.answer.length).toBeGreaterThan(10);
  expect(answer.sources[0]!.metadata).toEqual({ file: "loops.md", section: "Loops › While loop", page: null, passage: 0 });

  const other = (await all(mentor.ask({ message: "Who won the football World Cup in 1998?" }))).at(-1);
  expect(other).toMatchObject({ nothing_found: true, sources: [] });
}, 180_000);
