import type { AgentClient } from "../../../adapters/agent/client.ts";
import type { Clock, LogSink } from "../../../core/ports.ts";

const HEARTBEAT_MS = 15_000;
/** A stream of logs ends for many reasons (a quiet hour, a new connection); the agent is gone only after this many silent looks. */
const LOOKS = 6;
const LOOK_EVERY_MS = 5_000;

/** Tells the agent that somebody is there, until the signal aborts. */
export async function beat(agent: Pick<AgentClient, "heartbeat">, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await agent.heartbeat(signal).catch(() => undefined);
    await clock.sleep(HEARTBEAT_MS, signal).catch(() => undefined);
  }
}

/**
 * Hands on the services' own lines, each once, until the signal aborts. Throws when the agent has
 * not answered for half a minute.
 */
export async function followAgent(agent: Pick<AgentClient, "logs" | "status">, log: LogSink, clock: Clock, signal: AbortSignal): Promise<void> {
  let after = 0;
  while (!signal.aborted) {
    try {
      for await (const line of agent.logs({ after, follow: true, signal })) {
        after = line.seq;
        log(line.source, line.level, line.text);
      }
    } catch {
      // Whether it is gone is seen below; a stream alone says nothing.
    }
    await requireAlive(agent, clock, signal);
  }
}

async function requireAlive(agent: Pick<AgentClient, "status">, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let look = 1; !signal.aborted; look++) {
    try {
      await agent.status(AbortSignal.any([signal, AbortSignal.timeout(LOOK_EVERY_MS)]));
      await clock.sleep(1_000, signal).catch(() => undefined);
      return;
    } catch (error) {
      if (look >= LOOKS && !signal.aborted) throw error;
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }
}
