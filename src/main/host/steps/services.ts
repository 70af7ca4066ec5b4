import type { ApiServiceConfig, ServiceConfigs, ServiceName } from "../../../contract/agent.ts";
import { MentorError } from "../../../contract/errors.ts";
import { milvusAddress } from "../../../contract/milvus-url.ts";
import type { OwnMilvusKind } from "../../../contract/milvus.ts";
import type { StepId } from "../../../contract/plan.ts";
import { milvusPlace, type MilvusPlace } from "../../../core/host/milvus-place.ts";
import type { Secrets } from "../../../core/ports.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { EndpointKeys } from "../endpoint-keys.ts";
import { agentAnswers } from "./agent-answers.ts";
import { PARALLEL } from "./fit.ts";
import { settlePorts } from "./local-ports.ts";
import { imageConfig, sendImage } from "./milvus-image.ts";
import { moveEndpoint } from "./open-tunnels.ts";
import { placeOnHost } from "./send-model.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

const COLLECTION = "course_materials";

/** One service of the host: started by the agent, ready when its probe says so, stopped by undo. */
function service<Name extends ServiceName>(id: StepId, name: Name, configure: (context: StepContext) => ServiceConfigs[Name] | Promise<ServiceConfigs[Name]>): StepImplementation {
  return {
    id,
    async run(context) {
      const { facts, signal, progress } = context;
      const agent = facts.requireHandle("agent");
      await settlePorts(context);
      const status = await agent.startService(name, await configure(context), { signal, onProgress: progress });
      return { outcome: `port ${status.port}` };
    },
    adopt: async ({ facts, signal }: StepContext) => {
      const status = await facts.requireHandle("agent").status(signal);
      return status.services.some((one) => one.name === name && one.state === "ready");
    },
    undo: async (context) => {
      // Where the agent has died, its own undo ends what it has left behind.
      if (await agentAnswers(context)) await context.facts.requireHandle("agent").stopService(name, context.signal);
    },
  };
}

function ownKind(facts: SessionFacts): OwnMilvusKind {
  // A session that an earlier version started had no choice.
  const { kind } = facts.get("milvus") ?? { kind: "lite" as const };
  if (kind === "remote") throw new MentorError("internal", "Somebody else's Milvus is not started here.");
  return kind;
}

/** Where a Milvus of ours keeps its data on the host. */
export const ownPlace = (facts: SessionFacts): MilvusPlace => milvusPlace(facts.require("layout"), ownKind(facts), facts.get("milvus")?.image);

export const startMilvus = ({ clock }: StepTools) =>
  service("start-milvus", "milvus", async (context) => {
    await sendImage(context, clock);
    const { facts } = context;
    if (facts.get("milvus")?.image !== undefined) facts.keep(`The Milvus server stays on ${facts.require("hostLabel")}, so that the next start is quick.`);
    return milvusConfig(facts);
  });

/** How this session's course store is started; the same whenever it is started again. */
export const milvusConfig = (facts: SessionFacts): ServiceConfigs["milvus"] => ({
  kind: ownKind(facts),
  port: facts.require("ports").milvus!,
  dataDir: ownPlace(facts).dataDir,
  python: facts.require("report").python!.path,
  image: imageConfig(facts),
});

/** The LLM server with the model for searching, for as long as the one that answers is on its way; where there is none of those, with that alone. */
export const startSearch = (tools: Pick<StepTools, "secrets">): StepImplementation => tellingOfMoves(tools, service("start-search", "llm", (context) => llmConfig(context, context.request.chatEndpoint === undefined)));

/** The server that runs takes the model that answers, and goes on making the course searchable meanwhile. What it has already it is not told again, so that after a crash the same may be asked for. */
export const startLlm = (tools: Pick<StepTools, "secrets">): StepImplementation => tellingOfMoves(tools, { ...service("start-llm", "llm", (context) => llmConfig(context, false)), adopt: undefined });

/** A mentor that was started before the LLM server's port moved has to be told, and so has whoever was shown the way to it. */
function tellingOfMoves({ secrets }: Pick<StepTools, "secrets">, step: StepImplementation): StepImplementation {
  return {
    ...step,
    async run(context) {
      const { facts, signal, progress } = context;
      const { llm } = facts.require("ports");
      const outcome = await step.run(context);
      if (facts.require("ports").llm === llm) return outcome;
      const agent = facts.requireHandle("agent");
      if ((await agent.status(signal)).services.some(({ name, state }) => name === "api" && state === "ready")) await agent.startService("api", await apiConfig(secrets)(context), { signal, onProgress: progress });
      await moveEndpoint(facts, "llm");
      return outcome;
    },
  };
}

function llmConfig({ facts, request }: StepContext, modelLater: boolean): ServiceConfigs["llm"] {
  // With a chat endpoint no conversation is held here: the context is nobody's, and requests still take turns.
  const { contextTokens, parallel, bytes } = request.chatEndpoint === undefined ? facts.require("fit") : { contextTokens: 256, parallel: request.parallel ?? PARALLEL, bytes: null };
  const [[chat], embedding] = [facts.get("modelParts") ?? [], facts.get("embedding")?.file];
  return {
    port: facts.require("ports").llm!,
    model: chat === undefined ? null : placeOnHost(facts, chat),
    modelLater,
    embeddingModel: embedding === undefined ? null : placeOnHost(facts, embedding.path),
    gpu: facts.require("gpu"),
    contextTokens,
    parallel,
    threads: null,
    predictedBytes: bytes?.total ?? null,
  };
}

/** How the mentor reaches Milvus. */
async function milvusOf({ facts, request }: StepContext, keys: EndpointKeys): Promise<Pick<ApiServiceConfig, "milvusAddress" | "milvusTls" | "milvusToken" | "milvusTokenFile">> {
  if (request.milvusUrl !== undefined) {
    facts.keep(`The course stays in Milvus at ${request.milvusUrl}; what becomes of it there is up to whoever runs it.`);
    const { address, tls } = milvusAddress(request.milvusUrl);
    return { milvusAddress: address, milvusTls: tls, milvusToken: await keys.milvus() };
  }
  const { networkVolume } = facts.require("report");
  facts.keep(`The course stays on ${networkVolume === null ? facts.require("hostLabel") : "the network volume"} in ${ownPlace(facts).dataDir}.`);
  return { milvusAddress: `127.0.0.1:${facts.require("ports").milvus}`, milvusTokenFile: ownPlace(facts).tokenFile };
}

const apiConfig =
  (secrets: Secrets) =>
  async (context: StepContext): Promise<ServiceConfigs["api"]> => {
    const { facts, request } = context;
    const endpointKeys = new EndpointKeys(secrets);
    const keys = await endpointKeys.of(request);
    const [chat, vectors] = [facts.get("chatEndpoint"), facts.get("embeddingEndpoint")];
    const ports = facts.require("ports");
    const { name, sha256 } = facts.require("embedding");
    // Vectors of another model have a collection of their own: the course that our model made searchable stays as it is.
    const collection = vectors === undefined ? COLLECTION : `${COLLECTION}_${sha256!.slice(0, 12)}`;
    facts.set("collection", collection);
    return {
      port: ports.api!,
      llmUrl: chat !== undefined && vectors !== undefined ? null : `http://127.0.0.1:${ports.llm}`,
      chatEndpoint: chat === undefined ? null : { ...chat, key: keys.chat },
      embeddingEndpoint: vectors === undefined ? null : { url: vectors.url, model: vectors.model, key: keys.embedding },
      ...(await milvusOf(context, endpointKeys)),
      collection,
      embedding: { name, sha256: sha256!, dimension: vectors?.dimension },
      dataDir: facts.require("layout").courseData,
    };
  };

export const startApi = ({ secrets }: StepTools) => service("start-api", "api", apiConfig(secrets));
