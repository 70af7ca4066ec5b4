import type { MilvusKind } from "../../../contract/milvus.ts";
import type { SessionPhase, SessionSnapshot } from "../../../contract/session.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";
import { describeEndpoint } from "../endpoint.ts";
import { describeRent } from "../rent-view.ts";
import { describeProgress } from "../session-view.ts";
import { formatBytes } from "../units.ts";

const PHASES: Record<SessionPhase, string> = {
  idle: "No session is running.",
  starting: "A session is starting.",
  ready: "The session is ready.",
  "needs-help": "The session needs help.",
  stopping: "The session is stopping.",
  stopped: "No session is running; the last one has stopped.",
};

const STORES: Record<MilvusKind, string> = { lite: "Milvus Lite", server: "Milvus server", image: "Milvus server, official image", compose: "Milvus containers (Docker)", remote: "somebody else's Milvus" };

export async function status({ output, connect }: CommandContext): Promise<void> {
  const session = await withCore(connect, (client) => client.session.current());
  describeSession(session, output);
  output.result("status", { session });
}

function describeSession(session: SessionSnapshot, output: Output): void {
  output.line(PHASES[session.phase]);
  if (session.phase === "idle") return;
  if (session.host !== null) output.line(`  Host:   ${session.host.label}`);
  if (session.model !== null) output.line(`  Model:  ${session.model.name} (${formatBytes(session.model.bytes)})`);
  const { chat, embedding } = session.servedBy;
  if (chat !== null) output.line(`  Chat:   ${describeEndpoint(chat)}`);
  if (embedding !== null) output.line(`  Search: ${describeEndpoint(embedding)}`);
  if (session.rent !== null) describeRent(session.rent, output);
  if (session.milvus !== null) output.line(`  Store:  ${STORES[session.milvus.kind]}${session.milvus.version === null ? "" : ` (${session.milvus.version})`}`);
  if (session.course !== null) output.line(`  Course: ${session.course.documents} documents, ${session.course.passages} passages`);
  for (const { service, url } of session.endpoints) output.line(`  ${`${service}:`.padEnd(7)} ${url}`);
  for (const step of session.steps.filter(({ status: state }) => state === "running" || state === "failed"))
    output.line(`  ${step.title}: ${step.error?.message ?? (step.progress === null ? "running" : describeProgress(step.progress))}`);
  if (session.error !== null) output.line(`  ${session.error.message}`);
}
