import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startApi, type RunningApi } from "../../../remote/api/start.ts";
import { PassageStore } from "../../../remote/milvus/store.ts";
import { MentorApi } from "../../../src/adapters/mentor/api.ts";
import type { ChatAnswer, ChatEvent, IngestEvent } from "../../../src/contract/chat.ts";
import { startLlmStandIn, type LlmStandIn } from "../../parts/llm-stand-in.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";
import { makePdf } from "../../parts/pdf.ts";

const KEY = "k".repeat(40);
const EMBEDDING = { name: "stand-in", sha256: "a".repeat(64) };

let milvus: RunningMilvus;
let llm: LlmStandIn;
let api: RunningApi;
let mentor: MentorApi;
let folder: string;
let collection: string;

beforeAll(async () => {
  milvus = await startMilvus();
}, 240_000);
afterAll(() => milvus.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mentor-api-"));
  llm = await startLlmStandIn(KEY);
  collection = `c_${randomUUID().replaceAll("-", "")}`;
  await start();
});
afterEach(async () => {
  await api.close();
  await llm.close();
  await rm(folder, { recursive: true });
});

async function start(embedding = EMBEDDING, milvusTokenFile?: string): Promise<void> {
  api = await startApi({ key: KEY, port: 0, llmUrl: llm.url, milvusAddress: milvus.address, milvusTokenFile, collection, embedding, dataDir: join(folder, "data") });
  mentor = new MentorApi({ url: `http://127.0.0.1:${api.port}`, key: KEY });
}

const COURSE: Record<string, string | Uint8Array> = {
  "fruit/apples.md": "# Fruit\n\n## Apples\n\nApples ripen in autumn and are pressed into cider.\n\n## Cherries\n\nCherries ripen early in summer.",
  "engines.txt": "Chapter 1 Engines\n\nSteam engines boil water and drive pistons.",
  "paper.pdf": makePdf([[{ size: 11, text: "Page one speaks about granite." }], [{ size: 11, text: "Page two speaks about volcanoes." }]]),
};

async function course(files = COURSE): Promise<string> {
  const root = join(folder, "course");
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), content);
  }
  return root;
}

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const lastOf = async (events: AsyncIterable<IngestEvent>) => (await all(events)).at(-1) as Extract<IngestEvent, { type: "complete" }>;

const answerTo = async (message: string, conversation_id?: string) => (await all(mentor.ask({ message, conversation_id }))).at(-1) as Extract<ChatEvent, { type: "complete" }>;

const fetchApi = (path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${api.port}${path}`, { ...init, headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...init.headers } });

test("a course is brought in, and a question is answered from it with file, heading and page", async () => {
  const events = await all(mentor.ingestFolder(await course()));
  // The next is embedded while one is stored, so when one is done is not given.
  expect(events.map(({ type }) => type).filter((type) => type !== "file-done")).toEqual(["sending", "sending", "sending", "file", "embedded", "file", "embedded", "file", "embedded", "complete"]);
  expect(events.flatMap((event) => (event.type === "file-done" ? [event.file] : []))).toEqual(["engines.txt", "fruit/apples.md", "paper.pdf"]);
  expect(events.at(-1)).toMatchObject({ documents: 3, passages: 5, unchanged: 0, failed: [] });
  expect((await mentor.documents()).map(({ file, passages }) => [file, passages])).toEqual([["engines.txt", 1], ["fruit/apples.md", 2], ["paper.pdf", 2]]);

  const chat = await all(mentor.ask({ message: "  When do apples ripen into cider?  " }));
  expect(chat.map(({ type }) => type)).toEqual(["workflow", "workflow", "token", "token", "token", "token", "complete"]);
  const complete = chat.at(-1) as Extract<ChatEvent, { type: "complete" }>;
  expect(complete).toMatchObject({ answer: "The answer is [1].", question: "When do apples ripen into cider?", nothing_found: false });
  expect(complete.sources[0]!.metadata).toEqual({ file: "fruit/apples.md", section: "Fruit › Apples", page: null, passage: 0 });
  expect(complete.first_token_seconds).toBeGreaterThan(0);
  expect(llm.chats[0]!.messages.at(-1)!.content).toContain("[1] Apples ripen in autumn");

  expect((await answerTo("Which page speaks about volcanoes?")).sources[0]!.metadata).toMatchObject({ file: "paper.pdf", page: 2 });
});

test("what is unchanged is neither sent nor embedded again; what changed is, alone", async () => {
  const root = await course();
  await lastOf(mentor.ingestFolder(root));
  const embedded = llm.embedded.length;
  const again = await all(mentor.ingestFolder(root));
  expect(again.filter(({ type }) => type === "sending" || type === "embedded")).toEqual([]);
  expect(again.at(-1)).toMatchObject({ documents: 3, unchanged: 3, passages: 5 });
  expect(llm.embedded.length).toBe(embedded);

  await writeFile(join(root, "engines.txt"), "Diesel engines ignite by pressure.");
  expect(await lastOf(mentor.ingestFolder(root))).toMatchObject({ documents: 3, unchanged: 2, passages: 5 });
  expect(llm.embedded.slice(embedded)).toEqual(["Diesel engines ignite by pressure."]);
});

test("an ingest that was cut goes on where it stopped, in another process too", async () => {
  const root = await course();
  const cut = new AbortController();
  await expect(async () => {
    for await (const event of mentor.ingestFolder(root, cut.signal)) if (event.type === "file-done") cut.abort();
  }).rejects.toMatchObject({ code: "cancelled" });
  await api.close();
  await start();
  const before = (await mentor.documents()).length;
  expect(before).toBeGreaterThanOrEqual(1);
  const events = await all(mentor.ingestFolder(root));
  expect(events.filter(({ type }) => type === "sending")).toEqual([]);
  expect(events.at(-1)).toMatchObject({ documents: 3, unchanged: before });
});

test("the same page under two names is sent once and read twice", async () => {
  const page = "# Fruit\n\nApples ripen in autumn.";
  const root = await course({ "a.md": page, "b/copy.md": page, "c.txt": "Steam engines boil water." });
  for (const overwrite of [false, true]) {
    const events = await all(mentor.ingestFolder(root, undefined, overwrite));
    expect(events.filter(({ type }) => type === "sending")).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ type: "complete", documents: 3, failed: [] });
  }
  expect((await mentor.documents()).map(({ file }) => file)).toEqual(["a.md", "b/copy.md", "c.txt"]);
  expect(await readdir(join(folder, "data/inbox"))).toEqual([]);
});

test("a file that was half sent goes on at its offset, and wrong bytes are refused", async () => {
  const bytes = Buffer.from("# Title\n\nSome text that arrives in two pieces.");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const put = (body: Uint8Array, offset: number, hash = sha256) => fetchApi(`/api/ingest/files/${hash}?bytes=${bytes.length}&offset=${offset}`, { method: "PUT", body });
  const needs = async () => (await fetchApi("/api/ingest/manifest", { method: "POST", body: JSON.stringify({ files: [{ file: "a.md", sha256, bytes: bytes.length }] }) })).json();
  expect(await (await put(bytes.subarray(0, 10), 0)).json()).toEqual({ have: 10, complete: false });
  expect(await needs()).toEqual({ needed: [{ sha256, have: 10 }] });
  expect((await put(bytes.subarray(5), 5)).status).toBe(409);
  expect(await (await put(bytes.subarray(10), 10)).json()).toEqual({ have: bytes.length, complete: true });
  expect(await needs()).toEqual({ needed: [] });

  const wrong = await put(bytes, 0, "f".repeat(64));
  expect(wrong.status).toBe(422);
  expect(await wrong.json()).toMatchObject({ error: { code: "upload-corrupt" } });
  expect((await put(bytes, 0, "..%2f..%2fetc")).status).toBe(400);
});

test("a broken file is named, and the others go on; without any readable one it is an error", async () => {
  const broken = { "broken.pdf": "%PDF-1.7 cut", "empty.txt": "" };
  const events = await all(mentor.ingestFolder(await course({ ...COURSE, ...broken })));
  expect(events.filter(({ type }) => type === "file-failed").map((event) => "file" in event && event.file)).toEqual(["broken.pdf", "empty.txt"]);
  expect(events.at(-1)).toMatchObject({ documents: 3, failed: [{ file: "broken.pdf", message: expect.stringContaining("damaged") }, { file: "empty.txt", message: "The file is empty." }] });

  await rm(join(folder, "course"), { recursive: true });
  await expect(all(mentor.ingestFolder(await course(broken)))).rejects.toMatchObject({ code: "course-unreadable", message: expect.stringContaining("broken.pdf") });
});

test("missing and empty course folders are found before anything is sent", async () => {
  await api.close();
  await expect(all(mentor.ingestFolder(join(folder, "none")))).rejects.toMatchObject({ code: "course-missing" });
  await expect(all(mentor.ingestFolder(await course({ "picture.jpg": "x", ".hidden.md": "x" })))).rejects.toMatchObject({ code: "course-empty" });
  await expect(answerTo(" \n ")).rejects.toMatchObject({ code: "question-empty" });
  await expect(answerTo("x".repeat(2001))).rejects.toMatchObject({ code: "question-too-long", message: expect.stringContaining("2,001") });
  await expect(answerTo("anything")).rejects.toMatchObject({ code: "host-lost" });
  await expect(mentor.health()).rejects.toMatchObject({ code: "host-lost" });
  await start();
});

test("any file name is only data", async () => {
  const names = ["-rf.md", "a b.md", 'quo"te\'.md', "new\nline.md", "Übung 漢字.md", "$(touch x).md", "#?&%20.md"];
  const root = await course(Object.fromEntries(names.map((name) => [name, `# ${name.length}\n\nText of ${JSON.stringify(name)}.`])));
  expect(await lastOf(mentor.ingestFolder(root))).toMatchObject({ documents: names.length, failed: [] });
  expect((await mentor.documents()).map(({ file }) => file)).toEqual([...names].sort());
});

test("overwriting removes what is not in the folder any more", async () => {
  const root = await course();
  await lastOf(mentor.ingestFolder(root));
  await rm(join(root, "engines.txt"));
  await lastOf(mentor.ingestFolder(root));
  expect(await mentor.documents()).toHaveLength(3);
  await lastOf(mentor.ingestFolder(root, undefined, true));
  expect((await mentor.documents()).map(({ file }) => file)).toEqual(["fruit/apples.md", "paper.pdf"]);
});

test("a folder on the host is read as the original's ingest did", async () => {
  const answer = await fetchApi("/api/ingest", { method: "POST", body: JSON.stringify({ directory: await course() }) });
  const lines = (await answer.text()).trim().split("\n").map((line) => JSON.parse(line) as IngestEvent);
  expect(lines.at(-1)).toMatchObject({ type: "complete", documents: 3 });
  expect((await fetchApi("/api/ingest", { method: "POST", body: JSON.stringify({ directory: join(folder, "none") }) })).status).toBe(400);
});

test("nothing that fits is said, without asking the model, and is not the same as a failed search", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  const nothing = await answerTo("Who composed famous symphonies?");
  expect(nothing).toMatchObject({ nothing_found: true, sources: [] });
  expect(nothing.answer).toContain("nothing in your course material");
  expect(llm.chats).toEqual([]);
  llm.behaviour.embedStatus = 500;
  await expect(answerTo("When do apples ripen?")).rejects.toMatchObject({ code: "search-failed" });
});

test("a follow-up question is understood by the one before it, and the talk so far is sent", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  await answerTo("When do apples ripen in autumn?", "one");
  const followUp = await answerTo("And why?", "one");
  expect(followUp.nothing_found).toBe(false);
  expect(llm.chats.at(-1)!.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  expect((await answerTo("And why?", "two")).nothing_found).toBe(true);
});

test("the LLM server is told who asks, so that students take turns, but not by a name of theirs", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  const question = "When do apples ripen in autumn?";
  const userFor = async (ask: () => Promise<unknown>) => (await ask(), llm.chats.at(-1)!.user);
  const post = (body: object) => fetchApi("/api/chat", { method: "POST", body: JSON.stringify(body) });
  const one = await userFor(() => post({ message: question, conversation_id: "Ada Lovelace" }));
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(await userFor(() => post({ message: question, conversation_id: "Ada Lovelace" }))).toBe(one);
  expect(await userFor(() => post({ message: question, conversation_id: "Grace Hopper" }))).not.toBe(one);
  expect(await userFor(() => post({ message: question }))).toBeUndefined();

  const connections = [0, 1].map(() => new WebSocket(`ws://127.0.0.1:${api.port}/ws/chat`, { headers: { authorization: `Bearer ${KEY}` } }));
  const users: (string | undefined)[] = [];
  for (const socket of [connections[0]!, connections[0]!, connections[1]!]) {
    if (socket.readyState !== WebSocket.OPEN) await once(socket, "open");
    const asked = llm.chats.length;
    socket.send(JSON.stringify({ message: question }));
    await expect.poll(() => llm.chats.length).toBe(asked + 1);
    users.push(llm.chats.at(-1)!.user);
  }
  for (const socket of connections) socket.terminate();
  expect(users[0]).toBeDefined();
  expect(users[1]).toBe(users[0]);
  expect(users[2]).not.toBe(users[0]);
});

test("a prompt over the context is sent again with less", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  await answerTo("When do apples ripen in autumn?", "one");
  llm.behaviour.maxPromptCharacters = JSON.stringify(llm.chats[0]!.messages).length + 20;
  expect((await answerTo("When do apples ripen in autumn?", "one")).answer).toBe("The answer is [1].");
  expect(llm.chats.map(({ messages }) => messages.length)).toEqual([2, 4, 2]);
});

test("a model that fails, breaks off or says nothing is an error, and the connection goes on", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  for (const behaviour of [{ chatStatus: 500 }, { breakOff: true }, { words: [] }]) {
    llm.behaviour = { words: ["a"], ...behaviour };
    await expect(answerTo("When do apples ripen?")).rejects.toMatchObject({ code: "answer-failed" });
  }
  llm.behaviour = { words: ["fine"] };
  expect((await answerTo("When do apples ripen?")).answer).toBe("fine");
});

test("fewer vectors than texts stop the ingest: nothing is dropped unseen", async () => {
  llm.behaviour.dropVectors = 1;
  await expect(all(mentor.ingestFolder(await course()))).rejects.toMatchObject({ code: "ingest-failed" });
  expect(await mentor.documents()).toEqual([]);
});

test("another embedding model is refused", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  await api.close();
  await start({ name: "another", sha256: "b".repeat(64) });
  await expect(answerTo("When do apples ripen?")).rejects.toMatchObject({ code: "course-other-model" });
  await expect(all(mentor.ingestFolder(await course()))).rejects.toMatchObject({ code: "course-other-model" });
});

test("going away ends the model's work, over both protocols", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  llm.behaviour.endless = true;
  for await (const event of mentor.ask({ message: "When do apples ripen?" })) if (event.type === "token") break;
  await expect.poll(() => llm.aborted).toBe(1);

  const gone = new AbortController();
  const answer = fetchApi("/api/chat", { method: "POST", body: JSON.stringify({ message: "When do apples ripen?" }), signal: gone.signal });
  await expect.poll(() => llm.chats.length).toBe(2);
  gone.abort();
  await expect(answer).rejects.toThrow("aborted");
  await expect.poll(() => llm.aborted).toBe(2);
});

test("the original's chat request and answer keep their shape", async () => {
  await lastOf(mentor.ingestFolder(await course()));
  const answer = (await (await fetchApi("/api/chat", { method: "POST", body: JSON.stringify({ message: "When do apples ripen?" }) })).json()) as ChatAnswer;
  expect(answer).toMatchObject({ answer: "The answer is [1].", question: "When do apples ripen?", interaction_id: expect.any(String) });
  expect(answer.sources[0]).toEqual({ text: expect.any(String), score: expect.any(Number), metadata: expect.any(Object) });
  const refused = await fetchApi("/api/chat", { method: "POST", body: JSON.stringify({ message: "" }) });
  expect([refused.status, await refused.json()]).toEqual([400, { error: expect.objectContaining({ code: "question-empty" }), detail: expect.any(String) }]);
  expect((await fetchApi("/api/chat", { method: "POST", body: "{" })).status).toBe(400);
});

test("the self-check passes on a working mentor, leaves no trace, and says why it does not", async () => {
  expect(await mentor.selfCheck()).toEqual({ passed: true, reason: null, firstTokenSeconds: expect.any(Number) });
  expect(await mentor.documents()).toEqual([]);
  llm.behaviour.chatStatus = 500;
  expect(await mentor.selfCheck()).toMatchObject({ passed: false, reason: expect.stringContaining("did not begin to answer") });
});

test("the self-check writes anew what an earlier one left, of another model too; in a store of ours it leaves it for the next", async () => {
  const leftBy = (embedding: typeof EMBEDDING) => new PassageStore({ address: milvus.address, collection: `${collection}_self_check`, embedding });
  const other = leftBy({ name: "other", sha256: "b".repeat(64) });
  await other.replaceDocument("self-check.md", "1".repeat(64), [{ text: "old", vector: [1, 0], metadata: { file: "self-check.md", section: null, page: null, passage: 0 } }]);
  await other.close();
  const rowsLeft = async () => {
    const store = leftBy(EMBEDDING);
    return store.count().finally(() => store.close());
  };
  expect(await mentor.selfCheck()).toMatchObject({ passed: true });
  expect(await rowsLeft()).toBe(0);
  await api.close();
  await start(EMBEDDING, join(folder, "milvus.token"));
  for (let time = 0; time < 2; time++) expect(await mentor.selfCheck()).toMatchObject({ passed: true });
  expect(await rowsLeft()).toBe(3);
});

test("health tells what is there", async () => {
  expect(await mentor.health()).toEqual({ status: "ok", services: { api: true, llm: true, vector_db: true } });
  await llm.close();
  expect(await mentor.health()).toMatchObject({ status: "degraded", services: { llm: false } });
  llm = await startLlmStandIn(KEY);
});

test("it is up before its store is: whoever starts it need not wait for that", async () => {
  const lines = new Set<Socket>();
  const silent = createServer((line) => void lines.add(line)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const early = await startApi({ key: KEY, port: 0, llmUrl: llm.url, milvusAddress: `127.0.0.1:${(silent.address() as AddressInfo).port}`, collection, embedding: EMBEDDING, dataDir: join(folder, "early") });
  onTestFinished(async () => {
    silent.close();
    for (const line of lines) line.destroy();
    await early.close();
  });
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${early.port}${path}`, { headers: { authorization: `Bearer ${KEY}` } })).json();
  const health = ask("/api/health");
  expect(await Promise.race([health, ask("/api/alive")])).toEqual({ alive: true });
  expect(await health).toMatchObject({ status: "degraded", services: { api: true, vector_db: false } });
});

test("strangers are refused at every door", async () => {
  const status = (headers: Record<string, string>, path = "/api/health") =>
    new Promise<number>((resolve, reject) => {
      httpRequest({ host: "127.0.0.1", port: api.port, path, headers }, (response) => resolve(response.resume().statusCode!)).on("error", reject).end();
    });
  const authorization = `Bearer ${KEY}`;
  expect(await status({ authorization })).toBe(200);
  expect(await status({})).toBe(401);
  expect(await status({ authorization: "Bearer wrong" })).toBe(401);
  expect(await status({ authorization, host: "evil.example" })).toBe(403);
  expect(await status({ authorization, origin: "https://evil.example" })).toBe(403);
  expect(await status({ authorization }, "/api/none")).toBe(400);

  const socket = (options: { protocols?: string[]; headers?: Record<string, string> }, path = "/ws/chat") =>
    new Promise<string>((resolve) => {
      const open = new WebSocket(`ws://127.0.0.1:${api.port}${path}`, options.protocols ?? [], { headers: options.headers });
      open.on("open", () => {
        resolve(`open ${open.protocol}`);
        open.terminate();
      });
      open.on("error", (error) => resolve(error.message));
    });
  expect(await socket({ headers: { authorization } })).toBe("open ");
  expect(await socket({ protocols: ["chat", `key.${KEY}`] })).toBe("open chat");
  expect(await socket({ protocols: ["chat", "key.wrong"] })).toContain("401");
  expect(await socket({})).toContain("401");
  expect(await socket({ headers: { authorization, origin: "https://evil.example" } })).toContain("403");
  expect(await socket({ headers: { authorization } }, "/ws/other")).toContain("404");
});
