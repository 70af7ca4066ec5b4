import { installServers as installOnHost } from "../../../core/kit/install.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { kitFor, onTheWay, sentOutcome } from "./kit-for.ts";
import { sendModel } from "./send-model.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/**
 * The rest of the kit, that is the LLM engine and the course store, and the model for searching: small
 * beside the model that answers, and with them the course is searchable while that one still travels.
 */
export function installServers(tools: StepTools): StepImplementation {
  return {
    id: "install-servers",
    async run(context) {
      const { facts, log } = context;
      const model = await sendSearchModel(tools, context);
      if (facts.requireHandle("host").kind === "local") return { outcome: "on this computer", skipped: model.skipped };
      const { skipped, bytesSent } = await installOnHost(onTheWay(tools, context, await kitFor(tools, context)));
      log("info", skipped ? "The servers are already on the host." : "The tools and servers are on the host, proven file by file.");
      return sentOutcome({ skipped: skipped && model.skipped, bytesSent: bytesSent + model.bytesSent });
    },
  };
}

async function sendSearchModel(tools: StepTools, context: StepContext): Promise<{ skipped: boolean; bytesSent: number }> {
  const { facts } = context;
  const embedding = facts.get("embedding");
  if (embedding?.file === undefined) return { skipped: true, bytesSent: 0 };
  const [{ sha256, skipped, bytesSent }] = await sendModel(tools, context, [embedding.file.path]);
  facts.set("embedding", { ...embedding, sha256 });
  return { skipped, bytesSent };
}
