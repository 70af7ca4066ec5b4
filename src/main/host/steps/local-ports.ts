import { freePort } from "../../../adapters/local/free-port.ts";
import type { ServiceName, ServiceStatus } from "../../../contract/agent.ts";
import { InTurn } from "../../../core/in-turn.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import type { StepContext } from "../../../core/session/step.ts";
import "./facts.ts";

/** Services that start side by side must not choose apart: each is told the others' ports. */
const turns = new WeakMap<SessionFacts, InTurn>();

const HOLDS_ITS_PORT: ReadonlySet<ServiceStatus["state"]> = new Set(["starting", "ready", "stopping"]);

/**
 * On this computer a port is a free choice: one that another program has taken since it was chosen is
 * chosen anew before a service starts, and so at every Retry. On a host elsewhere nothing is changed.
 */
export async function settlePorts(context: Pick<StepContext, "facts" | "signal" | "log" | "checkpoint">): Promise<void> {
  const { facts } = context;
  if (facts.requireHandle("host").kind !== "local") return;
  if (!turns.has(facts)) turns.set(facts, new InTurn());
  await turns.get(facts)!.run(() => settle(context));
}

async function settle({ facts, signal, log, checkpoint }: Parameters<typeof settlePorts>[0]): Promise<void> {
  const ports = facts.require("ports");
  const ours = new Set((await facts.requireHandle("agent").status(signal)).services.filter(({ state }) => HOLDS_ITS_PORT.has(state)).map(({ name }) => name));
  const settled: typeof ports = {};
  for (const [name, port] of Object.entries(ports) as [ServiceName, number][]) {
    settled[name] = ours.has(name) ? port : await freePort(port);
    if (settled[name] !== port) log("info", `Port ${port} of this computer is in use by another program; port ${settled[name]} is taken instead.`);
  }
  facts.set("ports", settled);
  await checkpoint();
}
