import type { ServiceConfigs, ServiceName } from "../../../contract/agent.ts";
import type { StepId } from "../../../contract/plan.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { agentAnswers } from "./agent-answers.ts";
import "./facts.ts";

const COLLECTION = "course_materials";

/** One service of the host: started by the agent, ready when its probe says so, stopped by undo. */
function service<Name extends ServiceName>(id: StepId, name: Name, configure: (facts: SessionFacts) => ServiceConfigs[Name]): StepImplementation {
  return {
    id,
    async run(context) {
      const { facts, signal, progress } = context;
      const agent = facts.requireHandle("agent");
      const status = await agent.startService(name, configure(facts), { signal, onProgress: progress });
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
  service("start-milvus", "milvus", (facts) => ({
    kind: "lite",
    port: facts.require("ports").milvus!,
    dataDir: facts.require("layout").milvusData,
    python: facts.require("report").python!.path,
  }));

export const startLlm = () =>
  service("start-llm", "llm", (facts) => {
    const { contextTokens, parallel } = facts.require("fit");
    return {
      port: facts.require("ports").llm!,
      model: facts.require("hostModels").chat,
      embeddingModel: facts.require("hostModels").embedding,
      gpu: facts.require("gpu"),
      contextTokens,
      parallel,
      threads: null,
    };
  });

export const startApi = () =>
  service("start-api", "api", (facts) => {
    const ports = facts.require("ports");
    const { name, sha256 } = facts.require("embedding");
    facts.set("collection", COLLECTION);
    facts.keep(`The course stays on ${facts.require("hostLabel")} in ${facts.require("layout").milvusData}.`);
    return {
      port: ports.api!,
      llmUrl: `http://127.0.0.1:${ports.llm}`,
      milvusAddress: `127.0.0.1:${ports.milvus}`,
      collection: COLLECTION,
      embedding: { name, sha256: sha256! },
      dataDir: facts.require("layout").courseData,
    };
  });
