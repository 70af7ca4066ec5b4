import type { PodGuard } from "../../src/contract/agent.ts";
import type { Clock } from "./clock.ts";
import { podEnvironment, type PodEnvironment } from "./pod-environment.ts";

const ANSWER_MS = 20_000;
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 60_000;
/** The machine should be gone seconds after its stop was accepted; if this still runs, it is asked again. */
const GONE_WITHIN = 60_000;

export interface PodPowerOptions {
  pod: { id: string; api: string };
  clock: Clock;
  log(level: "info" | "warn" | "error", text: string): void;
  environment?: () => PodEnvironment;
  fetch?: typeof globalThis.fetch;
}

interface PodView {
  id?: string;
  locked?: boolean;
  actions?: string[];
  mounts?: { network?: unknown[] };
}

/**
 * The right to stop the rented machine that this runs on, with the machine's own credential. It never
 * deletes a disk: a machine is terminated only where it cannot be stopped, and only when all that we
 * keep lies on a network volume, which survives that.
 */
export class PodPower {
  readonly #options: PodPowerOptions;

  constructor(options: PodPowerOptions) {
    this.#options = options;
  }

  /** Reads its own machine, with the code and the credential that will stop it. Never rejects. */
  async prove(): Promise<PodGuard> {
    const unproven = (reason: string): PodGuard => ({ proven: false, provenAt: null, reason });
    try {
      const pod = await this.#read();
      if (pod.locked === true) return unproven("the machine is locked in the provider's console");
      if (pod.actions !== undefined && pod.actions.length > 0 && endingOf(pod) === null) return unproven("the provider does not let this machine be stopped");
      return { proven: true, provenAt: new Date(this.#options.clock.now()).toISOString(), reason: null };
    } catch (error) {
      return unproven(error instanceof Error ? error.message : String(error));
    }
  }

  /** Asks until it is done: this process ends with its machine. Resolves only when the machine is gone already, or when `signal` aborts. */
  async stop(signal?: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let pause = FIRST_PAUSE; ; ) {
      try {
        const pod = await this.#read();
        const action = endingOf(pod) ?? "stop";
        if ((await this.#ask("POST", "/action", { action })) === null) return;
        log("info", `The machine was told to ${action}.`);
        await clock.sleep(GONE_WITHIN, signal);
        pause = FIRST_PAUSE;
      } catch (error) {
        if (signal?.aborted === true || error instanceof GoneError) return;
        log("error", `The machine could not be stopped: ${error instanceof Error ? error.message : String(error)}. Trying again in ${pause / 1000} s.`);
        const woken = await clock.sleep(pause, signal).then(() => true, () => false);
        if (!woken) return;
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  async #read(): Promise<PodView> {
    const pod = (await this.#ask("GET", "")) as PodView | null;
    if (pod === null) throw new GoneError("the machine is not there any more");
    if (pod.id !== this.#options.pod.id) throw new Error("the provider answered about another machine");
    return pod;
  }

  /** null: there is no such machine. */
  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const { pod, fetch = globalThis.fetch, environment = podEnvironment } = this.#options;
    const { podId, key } = environment();
    if (key === null) throw new Error("the machine has no credential of its own");
    if (podId !== null && podId !== pod.id) throw new Error(`this is the machine ${podId}, not ${pod.id}`);
    const response = await fetch(`${pod.api}/pods/${encodeURIComponent(pod.id)}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.status === 404) return null;
    if (response.status === 401 || response.status === 403) throw new Error(`its own credential may not ${method === "GET" ? "read" : "stop"} it (${response.status})`);
    if (!response.ok) throw new Error(`the provider answered ${response.status}`);
    return await response.json().catch(() => ({}));
  }
}

class GoneError extends Error {}

function endingOf({ actions = [], mounts }: PodView): "stop" | "terminate" | null {
  if (actions.includes("stop")) return "stop";
  return actions.includes("terminate") && (mounts?.network?.length ?? 0) > 0 ? "terminate" : null;
}
