import { installServers as installOnHost } from "../../../core/kit/install.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import { kitFor, onTheWay, sentOutcome } from "./kit-for.ts";
import type { StepTools } from "./tools.ts";

/** The rest of the kit: the LLM engine and the course store, on the line while the agent starts and the model begins to travel. */
export function installServers(tools: StepTools): StepImplementation {
  return {
    id: "install-servers",
    async run(context) {
      const { facts, log } = context;
      if (facts.requireHandle("host").kind === "local") return { outcome: "on this computer", skipped: true };
      const installed = await installOnHost(onTheWay(tools, context, await kitFor(tools, context)));
      log("info", installed.skipped ? "The servers are already on the host." : "The tools and servers are on the host, proven file by file.");
      return sentOutcome(installed);
    },
  };
}
