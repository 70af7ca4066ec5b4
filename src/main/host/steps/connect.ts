import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import type { StepTools } from "./tools.ts";

/** The connection that every later step uses. It is the one thing that must be made anew after a crash. */
export function connect({ connectors }: StepTools): StepImplementation {
  const open = async ({ request, once, signal, facts, lost, log }: StepContext) => {
    const connector = request.host.kind === "local" ? connectors.local : connectors.ssh;
    const host = await connector.connect(request.host.kind === "ssh" ? { ...request.host, ...once } : request.host, signal);
    await facts.hold("host", host, () => host.close());
    facts.set("hostLabel", host.label);
    host.onLost(lost);
    log("info", `Connected to ${host.label}.`);
  };
  return {
    id: "connect",
    opensHandles: true,
    async run(context) {
      await open(context);
      return { outcome: context.facts.require("hostLabel") };
    },
    async adopt(context) {
      await open(context);
      return true;
    },
    undo: ({ facts }) => facts.drop("host"),
  };
}
