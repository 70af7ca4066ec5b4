import { AgentClient } from "../../../adapters/agent/client.ts";
import type { AgentAddress, AgentStartConfig, PodGuard, WatchdogConfig } from "../../../contract/agent.ts";
import { fromErrorReport, MentorError, type ErrorReport } from "../../../contract/errors.ts";
import { kitProgram } from "../../../core/kit/install.ts";
import type { HostChoice } from "../../../contract/session.ts";
import type { Host, Provider } from "../../../core/ports.ts";
import { RENTED_SILENCE_SECONDS } from "../../../core/rent/defaults.ts";
import { deadlineOf, secondsLeft, type RentRecord } from "../../../core/rent/record.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { sessionKeyName } from "../session-key.ts";
import { newToken } from "../token.ts";
import { agentAnswers, machineIsOff } from "./agent-answers.ts";
import { beat, followAgent } from "./agent-watch.ts";
import { lastJson } from "./last-json.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/**
 * Silence after which a host ends everything of ours by itself. On this computer an hour, so that a
 * crashed app leaves nothing running for long; on a host of one's own a teaching day, because
 * nothing costs money there and the class goes on when the laptop is shut. A rented machine stops after
 * twenty minutes without a sign of the app, a question or an upload. Seconds.
 */
const SILENCE = { local: 3_600, ssh: 12 * 3_600, runpod: RENTED_SILENCE_SECONDS } as const;
/** The agent leaves a tenth of a second after its last answer. */
const GONE_WITHIN_MS = 15_000;

/** The agent on the host: it owns the services, and ends them when nobody is there any more. */
export function armWatchdog({ secrets, clock, log, redact }: StepTools): StepImplementation {
  const attach = async (context: StepContext, port: number) => {
    const { facts, lost } = context;
    const host = facts.requireHandle("host");
    const tunnel = await host.openTunnel(port, 0);
    const agent = new AgentClient({ url: `http://127.0.0.1:${tunnel.localPort}`, key: facts.requireHandle("key"), clock });
    const beating = new AbortController();
    await facts.hold("agent", agent, async () => {
      beating.abort();
      await tunnel.close();
    });
    void beat(agent, clock, beating.signal);
    void followAgent(agent, log, clock, beating.signal).catch((error) => beating.signal.aborted || lost(error));
    return agent;
  };

  return {
    id: "arm-watchdog",
    opensHandles: true,
    async run(context) {
      const { facts } = context;
      const host = facts.requireHandle("host");
      const key = (await secrets.get(sessionKeyName(context.sessionId))) ?? newToken();
      await secrets.set(sessionKeyName(context.sessionId), key);
      redact(key);
      await facts.hold("key", key);
      const address = await startAgent(host, facts.require("kit").path, { key, root: facts.require("layout").root }, context.signal);
      facts.set("agent", { pid: address.pid, port: address.port });
      await context.checkpoint();
      const agent = await attach(context, address.port);
      const kind = context.request.host.kind;
      const status = await agent.setWatchdog(watchdogFor(kind, facts.get("rent"), facts.handle("provider"), clock.now()), context.signal);
      if (status.watchdog?.armed !== true) throw new MentorError("agent-failed", "The safety timer on the host could not be set.");
      await agent.heartbeat();
      if (kind === "runpod") return { outcome: await proveGuard(context, status.watchdog.podGuard) };
      return { outcome: `stops by itself after ${SILENCE[kind] / 3600} h of silence` };
    },
    async adopt(context) {
      const { facts } = context;
      const key = await secrets.get(sessionKeyName(context.sessionId));
      const known = facts.get("agent");
      if (key === null || known === undefined) return false;
      redact(key);
      await facts.hold("key", key);
      const agent = await attach(context, known.port);
      const status = await agent.status(context.signal).catch(() => null);
      if (status?.pid === known.pid) return true;
      await facts.drop("agent");
      return false;
    },
    async undo(context) {
      if (await machineIsOff(context)) context.log("info", "The machine has stopped, and everything on it.");
      else if (await agentAnswers(context)) {
        await context.facts.requireHandle("agent").shutdown(context.signal);
        await waitUntilGone(context, clock);
      } else await stopWithoutAgent(context);
      await context.facts.drop("agent");
      await context.facts.drop("key");
      await secrets.delete(sessionKeyName(context.sessionId));
    },
  };
}

/** When the agent is to end everything; on a rented machine the machine itself, too. */
export function watchdogFor(kind: HostChoice["kind"], rent: RentRecord | undefined, provider: Provider | undefined, now: number): WatchdogConfig {
  if (kind !== "runpod" || rent === undefined || rent.podId === null || provider === undefined) return { deadlineInSeconds: null, silenceSeconds: SILENCE[kind] };
  return { deadlineInSeconds: Math.round(secondsLeft(rent, now)), silenceSeconds: SILENCE[kind], idleSeconds: rent.idleStopSeconds, pod: { id: rent.podId, api: provider.podApi } };
}

/** Before anything big is sent: the machine has shown that it can stop itself, or the person has said that it need not. */
export async function proveGuard({ facts, request, once, log, checkpoint }: Pick<StepContext, "facts" | "request" | "once" | "log" | "checkpoint">, guard: PodGuard | null): Promise<string> {
  const rent = facts.require("rent");
  const accepted = once.withoutGuard === true || (request.host.kind === "runpod" && request.host.withoutGuard === true);
  const reason = guard?.reason ?? "the agent does not know its machine";
  const state = guard?.proven === true ? "armed" : accepted ? "accepted" : "unproven";
  facts.set("rent", { ...rent, guard: { state, provenAt: guard?.provenAt ?? null, reason: state === "armed" ? null : reason } });
  await checkpoint();
  if (state === "unproven") throw new MentorError("guard-unproven", `The machine could not show that it can stop itself: ${reason}.`);
  if (state === "accepted") log("warn", `The machine may not be able to stop itself (${reason}): this computer stops it in time, while it is on.`);
  const by = new Date(deadlineOf(rent).at).toISOString().slice(11, 16);
  return state === "armed" ? `proven: the machine stops itself at ${by} UTC at the latest` : "the machine cannot stop itself";
}

async function startAgent(host: Host, kit: string, config: AgentStartConfig, signal: AbortSignal): Promise<AgentAddress> {
  const result = await host.exec([kitProgram(kit, "node"), kitProgram(kit, "agent.mjs"), "start"], { input: JSON.stringify(config), signal });
  const said = lastJson(result.stdout) as AgentAddress | { error: ErrorReport } | null;
  if (said !== null && "error" in said) throw fromErrorReport(said.error);
  if (result.exitCode === 0 && said !== null) return said;
  throw new MentorError("agent-failed", `The helper on ${host.label} did not start.`, { cause: new Error(result.stderr.trim().slice(-2000) || `exit code ${result.exitCode}`) });
}

/** The agent died, or its start was cut before it told its port: its program finds what it left, by itself. Throws `stop-incomplete`. */
async function stopWithoutAgent({ facts, signal }: StepContext): Promise<void> {
  const host = facts.requireHandle("host");
  const kit = facts.require("kit").path;
  const result = await host.exec([kitProgram(kit, "node"), kitProgram(kit, "agent.mjs"), "stop", "--root", facts.require("layout").root], { signal });
  if (result.exitCode === 0) return;
  throw new MentorError("stop-incomplete", `What runs on ${host.label} could not be ended.`, { cause: new Error(result.stderr.trim().slice(-2000) || `exit code ${result.exitCode}`) });
}

/** "Stopped" means that the last process of ours has left the host. Throws `stop-incomplete`. */
async function waitUntilGone({ facts }: StepContext, clock: StepTools["clock"]): Promise<void> {
  const host = facts.requireHandle("host");
  const { pid } = facts.require("agent");
  for (const until = clock.now() + GONE_WITHIN_MS; clock.now() < until; await clock.sleep(100)) {
    // Where there is no such program the agent's own answer has to do.
    const alive = await host.exec(["kill", "-0", String(pid)]);
    if (alive.exitCode !== 0) return;
  }
  throw new MentorError("stop-incomplete", `The helper on ${host.label} (process ${pid}) has not ended.`);
}
