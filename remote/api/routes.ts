import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { ChatAnswer, ChatEvent, ServiceHealth } from "../../src/contract/chat.ts";
import { ChatRequest } from "../../src/contract/chat.ts";
import { MentorError } from "../../src/contract/errors.ts";
import { COURSE_FILE_MAX_BYTES, IngestManifest, IngestRequest, isCourseFile, type IngestNeeds } from "../../src/contract/ingest.ts";
import { guard } from "../http/guard.ts";
import type { PassageStore, StoreOptions } from "../milvus/store.ts";
import { bodyOf, errorAnswer, ndjson, parsed } from "./answers.ts";
import type { CourseBackups } from "./backup/course-backups.ts";
import { backupRoutes } from "./backup/routes.ts";
import { courseFilesOf } from "./folder.ts";
import type { Inbox } from "./inbox.ts";
import type { CourseFile, Ingest } from "./ingest.ts";
import type { LlmClient } from "./llm.ts";
import type { Mentor } from "./mentor.ts";
import { selfCheck } from "./self-check.ts";

export interface ApiParts {
  key: string;
  store: PassageStore;
  storeOptions: StoreOptions;
  /** The store is this session's own; in somebody else's nothing of a check is left. */
  ownStore: boolean;
  llm: LlmClient;
  mentor: Mentor;
  ingest: Ingest;
  inbox: Inbox;
  /** Somebody uses the mentor: asks, or sends course material. */
  used(): void;
  backups: CourseBackups;
  /** Told what the person is not: a fault's causes, for the log. */
  report(error: unknown): void;
}

const JSON_MAX_BYTES = 16 << 20;

/** Everything on 8000 but the WebSocket. */
export function routes(parts: ApiParts): Hono {
  const { key, store, llm, mentor, ingest, inbox } = parts;
  const app = new Hono();
  app.use(guard({ key }));
  app.use(async (context, next) => {
    if (context.req.method !== "GET") parts.used();
    await next();
  });
  app.onError((error, context) => {
    parts.report(error);
    return errorAnswer(context, error);
  });
  app.notFound((context) => errorAnswer(context, new MentorError("input-invalid", `There is nothing at ${context.req.path}.`)));

  const small = bodyLimit({ maxSize: JSON_MAX_BYTES, onError: (context) => errorAnswer(context, new MentorError("input-invalid", "The request is too large.")) });

  // Whether this service itself answers: its store and its model may still be starting.
  app.get("/api/alive", (context) => context.json({ alive: true }));

  app.get("/api/health", async (context) => {
    const [llmReady, storeReady] = await Promise.all([llm.healthy(), store.healthy()]);
    const health: ServiceHealth = { status: llmReady && storeReady ? "ok" : "degraded", services: { api: true, llm: llmReady, vector_db: storeReady } };
    return context.json(health);
  });

  app.post("/api/chat", small, async (context) => {
    const request = await bodyOf(context, ChatRequest);
    return context.json(await whole(mentor.answer(request, context.req.raw.signal)));
  });

  app.get("/api/sources", async (context) => context.json({ sources: await store.documents(), passages: await store.count() }));

  app.post("/api/ingest/manifest", small, async (context) => {
    const { files, overwrite } = await bodyOf(context, IngestManifest);
    const known = new Map((await store.documents()).map(({ file, sha256 }) => [file, sha256]));
    const needed = new Map<string, IngestNeeds["needed"][number]>();
    for (const { file, sha256 } of files) {
      if (known.get(file) === sha256 && !overwrite) continue;
      const { have, complete } = await inbox.have(sha256);
      if (!complete) needed.set(sha256, { sha256, have });
    }
    return context.json({ needed: [...needed.values()] } satisfies IngestNeeds);
  });

  app.put("/api/ingest/files/:sha256", async (context) => {
    const { sha256, bytes, offset } = parsed({ ...context.req.param(), ...context.req.query() }, FileUpload);
    const body = context.req.raw.body ?? new Blob([]).stream();
    return context.json(await inbox.receive(sha256, bytes, offset, body));
  });

  app.post("/api/ingest", small, async (context) => {
    const request = await bodyOf(context, IngestRequest);
    const files = "directory" in request ? await courseFilesOf(request.directory) : request.files.map((file) => received(file, inbox));
    return ndjson(context.req.raw, (signal) => ingest.run(files, request.overwrite ?? false, signal));
  });

  // Checks share one collection, so each waits for the one before it.
  let checked: Promise<unknown> = Promise.resolve();
  app.post("/api/self-check", async (context) => {
    const check = checked.catch(() => {}).then(() => selfCheck(parts.storeOptions, llm, context.req.raw.signal, parts.ownStore));
    checked = check;
    return context.json(await check);
  });

  backupRoutes(app, parts.backups);

  return app;
}

const FileUpload = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.coerce.number().int().nonnegative().max(COURSE_FILE_MAX_BYTES),
  offset: z.coerce.number().int().nonnegative().default(0),
});

function received({ file, sha256 }: { file: string; sha256: string }, inbox: Inbox): CourseFile {
  if (!isCourseFile(file)) throw new MentorError("input-invalid", `${file} is not a kind of file that can be read.`);
  return { file, sha256, read: () => inbox.read(sha256), done: () => inbox.remove(sha256) };
}

async function whole(events: AsyncIterable<ChatEvent>): Promise<ChatAnswer> {
  for await (const event of events) {
    if (event.type !== "complete") continue;
    const { type: _, ...answer } = event;
    return answer;
  }
  throw new MentorError("answer-failed", "The answer had no end.");
}

