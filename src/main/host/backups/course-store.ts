import { MentorBackups } from "../../../adapters/mentor/backups.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { MilvusCapabilities, MilvusCheckRequest } from "../../../contract/milvus.ts";
import type { Clock } from "../../../core/ports.ts";
import type { CourseStore } from "../../../core/backup/course-store.ts";
import type { StoreControl } from "../../../core/backup/store-control.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import { kitProgram } from "../../../core/kit/install.ts";
import { askKit } from "../steps/ask-kit.ts";
import { milvusConfig, ownPlace } from "../steps/services.ts";
import "../steps/facts.ts";

/** Of a running session: stops and starts Milvus through the agent. */
export function storeControlOf(facts: SessionFacts): StoreControl {
  const agent = facts.requireHandle("agent");
  const { courseData } = facts.require("layout");
  if (facts.get("milvus")?.kind === "remote") throw new MentorError("input-invalid", "This session's Milvus is somebody else's: its folder cannot be copied from here.", { advice: "Make a backup of rows instead." });
  const milvus = milvusConfig(facts);
  return {
    host: facts.requireHandle("host"),
    kind: milvus.kind,
    dataDir: milvus.dataDir,
    backups: `${courseData}/backups`,
    node: kitProgram(facts.require("kit").path, "node"),
    stop: () => agent.stopService("milvus"),
    start: async ({ tryCopy } = { tryCopy: false }) => void (await agent.startService("milvus", { ...milvus, tryCopy })),
    ...(milvus.kind === "server" || milvus.kind === "image" ? { takeOver: (signal: AbortSignal) => takeOver(facts, signal) } : {}),
  };
}

/** For the moment in between the server asks nobody who they are; it is reached over the host's own loopback only. */
async function takeOver(facts: SessionFacts, signal: AbortSignal): Promise<void> {
  const agent = facts.requireHandle("agent");
  const milvus = milvusConfig(facts);
  const question: MilvusCheckRequest = { target: { address: `127.0.0.1:${milvus.port}` }, tokenFile: ownPlace(facts).tokenFile, unlocked: true };
  await agent.stopService("milvus");
  try {
    await agent.startService("milvus", { ...milvus, tryCopy: true, unlocked: true });
    await askKit<MilvusCapabilities>({ facts, signal }, "--check-milvus", question, "The change of the course store's password");
  } finally {
    await agent.stopService("milvus");
    await agent.startService("milvus", { ...milvus, tryCopy: true });
  }
}

/** The course of a running session. Throws `host-lost` where this app is not connected to it. */
export function courseStoreOf(facts: SessionFacts, clock: Clock): CourseStore {
  const { url } = facts.require("endpoints").find(({ service }) => service === "api")!;
  const host = facts.requireHandle("host");
  const incoming = `${facts.require("layout").courseData}/backups/incoming`;
  return new MentorBackups({ url, key: facts.requireHandle("key") }, async (id, name, path, signal, onBytes) => {
    const { bytesSent } = await uploadFile({ host, source: path, destination: `${incoming}/${id}/${name}`, clock, signal, onProgress: ({ done }) => onBytes(done) });
    facts.sent(bytesSent);
  });
}
