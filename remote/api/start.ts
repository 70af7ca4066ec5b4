import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import type { ServiceFile, ServiceOutput } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import { activityTeller } from "../http/activity.ts";
import { PassageStore, type StoreOptions } from "../milvus/store.ts";
import { CourseBackups } from "./backup/course-backups.ts";
import { Conversations } from "./conversations.ts";
import { Inbox } from "./inbox.ts";
import { Ingest } from "./ingest.ts";
import { LlmClient, type LlmOptions } from "./llm.ts";
import { milvusTarget } from "./milvus.ts";
import { Mentor } from "./mentor.ts";
import { Retrieval } from "./retrieval.ts";
import { routes } from "./routes.ts";
import { chatSocket } from "./socket.ts";

export interface RunningApi {
  port: number;
  close(): Promise<void>;
}

/**
 * Starts the API on the loopback. Neither Milvus nor the LLM server need to be there yet.
 *
 * @param output takes log lines, as data
 * @param now milliseconds since the epoch
 * @param backupProgram its path; a kit has it beside the API's own
 * @throws MentorError port-in-use
 */
export async function startApi(config: ServiceFile<"api">, output: (line: ServiceOutput) => void = () => {}, now: () => number = Date.now, backupProgram = BACKUP_PROGRAM): Promise<RunningApi> {
  const { key } = config;
  const storeOptions: StoreOptions = { ...(await milvusTarget(config)), collection: config.collection, embedding: config.embedding };
  const store = new PassageStore(storeOptions);
  const llm = new LlmClient(serversOf(config));
  const mentor = new Mentor(new Retrieval(store, llm), llm, new Conversations());
  const ingest = new Ingest(store, llm);
  const report = (error: unknown) => {
    const { code, message, causes = [] } = toErrorReport(error);
    output({ log: [`${code}: ${message}`, ...causes].join(" | "), level: FAULTLESS.has(code) ? "info" : "error" });
  };

  const inbox = new Inbox(join(config.dataDir, "inbox"), now);
  try {
    const { files, bytes } = await inbox.clear();
    if (files > 0) output({ log: `Course files that were sent more than a day ago and never taken in were removed: ${files}, ${(bytes / 1e6).toFixed(1)} MB.` });
  } catch (error) {
    // They only take room; what is in the way will be said when the next file comes.
    report(error);
  }

  const used = activityTeller(output, now);
  const backups = new CourseBackups({ store, storeOptions, folder: join(config.dataDir, "backups"), program: backupProgram, embed: (texts, signal) => llm.embed(texts, signal), log: (text) => output({ log: text }), now });
  await backups.clear().catch(report);

  const app = routes({ key, store, storeOptions, ownStore: config.milvusTokenFile !== undefined, llm, mentor, ingest, inbox, backups, used, report });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const socket = chatSocket({ key, mentor, used, report });
  server.on("upgrade", socket.upgrade);
  await listen(server, config.port);
  const { port } = server.address() as AddressInfo;
  output({ log: `The mentor listens on 127.0.0.1:${port}.` });
  return {
    port,
    async close() {
      socket.close();
      server.close();
      server.closeAllConnections();
      await store.close();
    },
  };
}

const BACKUP_PROGRAM = join(import.meta.dirname, "..", "backup", "main.ts");

/** Who chats and who makes embeddings. @throws MentorError input-invalid */
function serversOf({ key, llmUrl, chatEndpoint, embeddingEndpoint, embedding }: ServiceFile<"api">): LlmOptions {
  const own = () => {
    if (llmUrl === null) throw new MentorError("input-invalid", "The mentor needs the LLM server's address, or an endpoint for each of its tasks.");
    return { url: llmUrl.replace(/\/+$/, "").replace(/(\/v1)?$/, "/v1"), key, foreign: false as const };
  };
  return {
    chat: chatEndpoint == null ? own() : { ...chatEndpoint, foreign: true },
    embedding: embeddingEndpoint == null ? { ...own(), model: embedding.name } : { ...embeddingEndpoint, foreign: true, dimension: embedding.dimension },
  };
}

/** What a person can put right is no fault of the service. */
const FAULTLESS = new Set(["input-invalid", "question-empty", "question-too-long", "course-missing", "course-empty", "course-unreadable", "cancelled"]);

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new MentorError("port-in-use", `Port ${port} on the host is taken by another program.`, { details: { port }, cause: error });
  }
}
