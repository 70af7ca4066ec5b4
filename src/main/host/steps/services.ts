import type { ServiceConfigs, ServiceName } from "../../../contract/agent.ts";
import type { StepId } from "../../../contract/plan.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { EndpointKeys } from "../endpoint-keys.ts";
import { agentAnswers } from "./agent-answers.ts";
import { PARALLEL } from "./fit.ts";
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

export const startMilvus = () =>
  service("start-milvus", "milvus", ({ facts }) => ({
    kind: "lite",
    port: facts.require("ports").milvus!,
    dataDir: facts.require("layout").milvusData,
    python: facts.require("report").python!.path,
  }));

export const startLlm = () =>
  service("start-llm", "llm", ({ facts, request }) => {
    // With a chat endpoint no conversation is held here: the context is nobody's, and requests still take turns.
    const { contextTokens, parallel, bytes } = request.chatEndpoint === undefined ? facts.require("fit") : { contextTokens: 256, parallel: request.parallel ?? PARALLEL, bytes: null };
    return {
      port: facts.require("ports").llm!,
      model: facts.require("hostModels").chat,
      embeddingModel: facts.require("hostModels").embedding,
      gpu: facts.require("gpu"),
      contextTokens,
      parallel,
      threads: null,
      predictedBytes: bytes?.total ?? null,
    };
  });

export const startApi = ({ secrets }: StepTools) =>
  service("start-api", "api", async ({ facts, request }) => {
    const keys = await new EndpointKeys(secrets).of(request);
    const [chat, vectors] = [facts.get("chatEndpoint"), facts.get("embeddingEndpoint")];
    const ports = facts.require("ports");
    const { name, sha256 } = facts.require("embedding");
    // Vectors of another model have a collection of their own: the course that our model made searchable stays as it is.
    const collection = vectors === undefined ? COLLECTION : `${COLLECTION}_${sha256!.slice(0, 12)}`;
    facts.set("collection", collection);
    facts.keep(`The course stays on ${facts.require("hostLabel")} in ${facts.require("layout").milvusData}.`);
    return {
      port: ports.api!,
      llmUrl: chat !== undefined && vectors !== undefined ? null : `http://127.0.0.1:${ports.llm}`,
      chatEndpoint: chat === undefined ? null : { ...chat, key: keys.chat },
      embeddingEndpoint: vectors === undefined ? null : { url: vectors.url, model: vectors.model, key: keys.embedding },
      milvusAddress: `127.0.0.1:${ports.milvus}`,
      collection,
      embedding: { name, sha256: sha256!, dimension: vectors?.dimension },
      dataDir: facts.require("layout").courseData,
    };
  });
