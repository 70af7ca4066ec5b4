import type { AgentStatus, ServiceConfigs, ServiceName, ServiceStatus, WatchdogConfig } from "../../contract/agent.ts";
import { ERRORS, MentorError, fromErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { LogLine } from "../../contract/logs.ts";
import type { Progress } from "../../contract/progress.ts";
import type { Clock } from "../../core/ports.ts";

/** How long a start outlives a line on which nobody answers, and how often it asks meanwhile. Milliseconds. */
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 1_000;
/** How long a cancelled start waits for its service to stop: whoever undoes the step sees to it all the same. Milliseconds. */
const STOP_WITHIN_MS = 2_000;

export interface AgentClientOptions {
  /** Where the agent is reached: a tunnel's end or the agent's own port, on this computer's loopback. */
  url: string;
  key: string;
  clock: Clock;
  /** Milliseconds between two looks at a service that is starting. */
  pollMs?: number;
}

export interface WaitOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * The desktop's side of the agent's control interface. Every call rejects with a MentorError:
 * the service's own, or `host-lost` when the agent cannot be reached.
 */
export class AgentClient {
  readonly #base: string;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #pollMs: number;

  constructor({ url, key, clock, pollMs = 250 }: AgentClientOptions) {
    this.#base = url;
    this.#key = key;
    this.#clock = clock;
    this.#pollMs = pollMs;
  }

  status(signal?: AbortSignal): Promise<AgentStatus> {
    return this.#json("GET", "/status", undefined, signal);
  }

  /**
   * Starts a service and waits until a real call to it succeeds. A short break of the line is waited
   * out: the same start twice starts nothing twice. An abort stops the service again.
   */
  async startService<Name extends ServiceName>(name: Name, config: ServiceConfigs[Name], { signal, onProgress }: WaitOptions = {}): Promise<ServiceStatus> {
    const patiently = <Answer>(ask: () => Promise<Answer>) => this.#patiently(ask, { signal, onProgress });
    try {
      await patiently(() => this.#json("POST", `/services/${name}/start`, config, signal));
      for (;;) {
        const service = (await patiently(() => this.status(signal))).services.find((candidate) => candidate.name === name);
        if (service === undefined) throw new MentorError("agent-failed", `The agent knows no service "${name}".`);
        if ((service.state === "ready" || service.state === "failed") && service.error !== null) throw fromErrorReport(service.error);
        if (service.state === "ready") return service;
        if (service.state !== "starting") throw new MentorError("service-failed", `The service "${name}" was stopped while it started.`);
        if (service.progress !== null) onProgress?.(service.progress);
        await this.#clock.sleep(this.#pollMs, signal);
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
      await this.stopService(name, AbortSignal.timeout(STOP_WITHIN_MS)).catch(() => {});
      throw new MentorError("cancelled", "The work was cancelled.", { cause: error });
    }
  }

  /** Asks again while nobody answers, for a minute. What the agent itself says counts at once. */
  async #patiently<Answer>(ask: () => Promise<Answer>, { signal, onProgress }: WaitOptions): Promise<Answer> {
    let silentSince: number | null = null;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof MentorError) || error.code !== "host-lost") throw error;
        silentSince ??= this.#clock.now();
        if (this.#clock.now() - silentSince >= PATIENCE_MS) throw error;
        onProgress?.({ done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail: "The helper on the host does not answer; it is asked again" });
        await this.#clock.sleep(ASK_AGAIN_MS, signal);
      }
    }
  }

  async stopService(name: ServiceName, signal?: AbortSignal): Promise<void> {
    await this.#json("POST", `/services/${name}/stop`, {}, signal);
  }

  /** The service does all that it will be asked: what only other versions of it needed can go. */
  async serviceProven(name: ServiceName, signal?: AbortSignal): Promise<void> {
    await this.#json("POST", `/services/${name}/proven`, {}, signal);
  }

  setWatchdog(config: WatchdogConfig, signal?: AbortSignal): Promise<AgentStatus> {
    return this.#json("POST", "/watchdog", config, signal);
  }

  async heartbeat(signal?: AbortSignal): Promise<void> {
    await this.#json("POST", "/heartbeat", {}, signal);
  }

  /** Resolves when all services are stopped; the agent then ends by itself. */
  async shutdown(signal?: AbortSignal): Promise<void> {
    await this.#json("POST", "/shutdown", {}, signal);
  }

  /** Lines after `after`, oldest first; with `follow` it goes on until the signal aborts or the agent ends. */
  async *logs({ after = 0, follow = false, signal }: { after?: number; follow?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<LogLine, void> {
    const response = await this.#request("GET", `/logs?after=${after}&follow=${follow ? 1 : 0}`, undefined, signal);
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of response.body ?? []) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop()!;
        for (const line of lines) yield JSON.parse(line) as LogLine;
      }
    } catch (error) {
      if (signal?.aborted) return;
      throw lost(error);
    }
  }

  async #json<Answer>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answer> {
    const response = await this.#request(method, path, body, signal);
    try {
      return (await response.json()) as Answer;
    } catch (error) {
      throw unanswered(error, signal);
    }
  }

  async #request(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: { authorization: `Bearer ${this.#key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      });
    } catch (error) {
      throw unanswered(error, signal);
    }
    if (response.ok) return response;
    throw failure(response.status, await response.json().catch(() => null));
  }
}

const unanswered = (cause: unknown, signal?: AbortSignal): MentorError =>
  signal?.aborted ? new MentorError("cancelled", "The work was cancelled.", { cause }) : lost(cause);

function lost(cause: unknown): MentorError {
  return new MentorError("host-lost", "The helper on the host does not answer.", { cause });
}

function failure(status: number, body: unknown): MentorError {
  const error = (body as { error?: Partial<ErrorReport> } | null)?.error;
  if (typeof error?.code === "string" && Object.hasOwn(ERRORS, error.code) && typeof error.message === "string") return fromErrorReport(error as ErrorReport);
  return new MentorError("agent-failed", `The helper on the host answered ${status}${error?.message === undefined ? "" : `: ${error.message}`}`, { details: { status } });
}
