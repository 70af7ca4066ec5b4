import { installKit as installOnHost } from "../../../core/kit/install.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import { kitFor, onTheWay, sentOutcome } from "./kit-for.ts";
import type { StepTools } from "./tools.ts";

/** Everything that runs on the host travels in one folder; a host that has it already is not sent it again. First what the agent needs, so that the host soon takes care of itself. */
export function installKit(tools: StepTools): StepImplementation {
  return {
    id: "install-kit",
    async run(context) {
      const { facts } = context;
      const host = facts.requireHandle("host");
      const kit = await kitFor(tools, context);
      if (host.kind === "local") {
        facts.set("kit", { hash: kit.hash, path: kit.folder });
        return { outcome: "on this computer", skipped: false };
      }
      const installed = await installOnHost(onTheWay(tools, context, kit));
      facts.set("kit", { hash: kit.hash, path: installed.path });
      facts.keep(`The tools stay on ${facts.require("hostLabel")}, so that the next start is quick.`);
      return sentOutcome(installed);
    },
  };
}
