import { EventEmitter, on } from "node:events";
import { createRouterClient, implement, ORPCError } from "@orpc/server";
import type { ChatEvent, IngestEvent } from "../../src/contract/chat.ts";
import type { EndpointKey } from "../../src/contract/endpoint.ts";
import { toErrorReport, type ErrorReport } from "../../src/contract/errors.ts";
import type { LogLine } from "../../src/contract/logs.ts";
import { contract, type PracticeEvent, type UploadEvent } from "../../src/contract/rpc.ts";
import type { RehearsalEvent } from "../../src/contract/rehearsal.ts";
import type { NetworkVolume, PodOfOurs, Quote } from "../../src/contract/rent.ts";
import type { Receipt, SessionEvent, SessionSnapshot, StartRequest, StepState } from "../../src/contract/session.ts";
import type { Stick } from "../../src/contract/stick.ts";
import type { UploadRequest } from "../../src/contract/upload.ts";
import { PLAN, planFor } from "../../src/core/session/plan.ts";

export const AT = "2026-11-23T08:00:00.000Z";

const steps = (): StepState[] => planFor(PLAN, null).map(({ id, title, needs, weight }) => ({ id, title, needs: [...needs], weight, status: "waiting", startedAt: null, endedAt: null, progress: null, outcome: null, error: null }));

export const idleSession = (): SessionSnapshot => ({
  id: null,
  phase: "idle",
  host: null,
  line: null,
  stick: null,
  model: null,
  servedBy: { chat: null, embedding: null },
  milvus: null,
  steps: [],
  endpoints: [],
  error: null,
  startedAt: null,
  readyAt: null,
  stoppedAt: null,
  firstTokenSeconds: null,
  course: null,
  receipt: null,
  rent: null,
});

/**
 * A core that obeys the contract and plays a session by script: every step in turn is done at once.
 * `onStart` may throw, or return the error of the step that needs help.
 */
export class FakeCore {
  session: SessionSnapshot = idleSession();
  calls: string[] = [];
  requests: StartRequest[] = [];
  uploads: UploadRequest[] = [];
  retries: unknown[] = [];
  onStart: (request: StartRequest) => unknown = () => null;
  onRetry: () => unknown = () => null;
  onUpload: (request: UploadRequest) => AsyncIterable<UploadEvent> | Iterable<UploadEvent> = () => [];
  rehearsal: RehearsalEvent[] = [];
  onRehearse: () => unknown = () => null;
  /** Holds the start half-way, until it is cancelled. */
  hang = false;
  /** Nothing can be undone any more. */
  hostGone = false;
  sticks: Stick[] = [];
  practiceStick: Stick | null = null;
  answer: ChatEvent[] = [];
  ingest: IngestEvent[] = [];
  logs: LogLine[][] = [];
  quote: Quote | null = null;
  pods: PodOfOurs[] = [];
  volumes: NetworkVolume[] = [];
  receipts: Receipt[] = [];
  secrets = new Map<EndpointKey, string>();
  #events = new EventEmitter();
  #seq = 0;

  connect = async () => ({ client: createRouterClient(this.#router()), closed: new Promise<void>(() => undefined), close: () => void this.calls.push("close") });

  #emit(event: { type: "step"; step: StepState } | { type: "session"; changes: Partial<Omit<SessionSnapshot, "steps">> }): void {
    this.#seq += 1;
    if (event.type === "step") this.session = { ...this.session, steps: this.session.steps.map((step) => (step.id === event.step.id ? event.step : step)) };
    else this.session = { ...this.session, ...event.changes };
    this.#events.emit("event", { ...event, seq: this.#seq });
  }

  /** Plays the steps from the first that is not done. */
  #play(problem: unknown): void {
    for (const step of this.session.steps.filter(({ status }) => status !== "done")) {
      this.#emit({ type: "step", step: { ...step, status: "running", startedAt: AT } });
      if (this.hang) return;
      if (problem !== null) {
        const error = toErrorReport(problem);
        this.#emit({ type: "step", step: { ...step, status: "failed", startedAt: AT, endedAt: AT, error } });
        this.#emit({ type: "session", changes: { phase: "needs-help", error } });
        return;
      }
      this.#emit({ type: "step", step: { ...step, status: "done", startedAt: AT, endedAt: "2026-11-23T08:00:01.500Z", outcome: "fine" } });
    }
    this.#emit({
      type: "session",
      changes: { phase: "ready", readyAt: "2026-11-23T08:00:20.000Z", firstTokenSeconds: 0.4, error: null, endpoints: [{ service: "api", url: "http://127.0.0.1:8000", moved: false }] },
    });
  }

  #end(): void {
    this.#emit({ type: "session", changes: { phase: "stopping" } });
    if (this.hostGone) return this.#emit({ type: "session", changes: { phase: "needs-help", error: { code: "stop-incomplete", message: "Not undone on ann@host: “Start the mentor”." } } });
    this.#emit({ type: "session", changes: { phase: "stopped", stoppedAt: AT, endpoints: [] } });
  }

  async *#rehearse(): AsyncGenerator<RehearsalEvent> {
    try {
      this.onRehearse();
    } catch (thrown) {
      throw failed(thrown);
    }
    yield* this.rehearsal;
  }

  #router() {
    const os = implement(contract);
    return os.router({
      app: { info: os.app.info.handler(unused), settings: os.app.settings.handler(unused), saveSettings: os.app.saveSettings.handler(unused) },
      sticks: {
        list: os.sticks.list.handler(() => this.sticks),
        watch: os.sticks.watch.handler(unused),
        inspect: os.sticks.inspect.handler(unused),
        makePractice: os.sticks.makePractice.handler(() => this.#makePractice()),
      },
      secrets: {
        list: os.secrets.list.handler(() => [...this.secrets.keys()]),
        set: os.secrets.set.handler(({ input }) => void this.secrets.set(input.name, input.value)),
        remove: os.secrets.remove.handler(({ input }) => void this.secrets.delete(input.name)),
      },
      keys: { list: os.keys.list.handler(unused), make: os.keys.make.handler(unused) },
      session: {
        start: os.session.start.handler(({ input }) => {
          this.calls.push("start");
          this.requests.push(input);
          let problem: unknown;
          try {
            problem = this.onStart(input) ?? null;
          } catch (thrown) {
            throw failed(thrown);
          }
          this.session = { ...idleSession(), id: "s1", phase: "starting", stick: input.stick ?? null, host: { kind: input.host.kind, label: "this computer" }, model: { file: "m.gguf", name: "Small", bytes: 98_000_000 }, steps: steps(), startedAt: AT };
          const accepted = this.session;
          queueMicrotask(() => this.#play(problem));
          return accepted;
        }),
        quote: os.session.quote.handler(({ input }) => {
          this.requests.push(input);
          return this.quote ?? unused();
        }),
        extend: os.session.extend.handler(({ input }) => {
          this.calls.push(`extend ${JSON.stringify(input)}`);
          return this.session;
        }),
        stop: os.session.stop.handler(({ input }) => {
          this.calls.push(input === undefined ? "stop" : `stop ${JSON.stringify(input)}`);
          queueMicrotask(() => this.#end());
          return this.session;
        }),
        cancel: os.session.cancel.handler(() => {
          this.calls.push("cancel");
          queueMicrotask(() => this.#end());
          return this.session;
        }),
        retry: os.session.retry.handler(({ input }) => {
          this.calls.push("retry");
          this.retries.push(input);
          this.#emit({ type: "session", changes: { phase: "starting", error: null } });
          queueMicrotask(() => this.#play(this.onRetry()));
          return this.session;
        }),
        forget: os.session.forget.handler(() => {
          this.calls.push("forget");
          this.#emit({ type: "session", changes: { phase: "stopped", stoppedAt: AT, endpoints: [], error: null } });
          return this.session;
        }),
        current: os.session.current.handler(() => this.session),
        watch: os.session.watch.handler(({ signal }) => this.#watch(signal)),
        history: os.session.history.handler(unused),
        openMilvus: os.session.openMilvus.handler(unused),
      },
      receipts: { list: os.receipts.list.handler(() => this.receipts) },
      pods: {
        list: os.pods.list.handler(() => this.pods),
        stop: os.pods.stop.handler(({ input }) => this.#endPod("stop", input.id)),
        terminate: os.pods.terminate.handler(({ input }) => this.#endPod("terminate", input.id)),
      },
      volumes: {
        list: os.volumes.list.handler(() => this.volumes),
        create: os.volumes.create.handler(({ input }) => ({ id: "vol-new", ...input, microUsdPerDay: 70_000 })),
      },
      rehearsal: { obstacle: os.rehearsal.obstacle.handler(unused), run: os.rehearsal.run.handler(() => this.#rehearse()) },
      logs: { watch: os.logs.watch.handler(({ input, signal }) => this.#watchLogs(input, signal)) },
      chat: { ask: os.chat.ask.handler(({ input }) => this.#replay(`ask ${input.message}`, this.answer)) },
      course: { ingest: os.course.ingest.handler(({ input }) => this.#replay(`ingest ${input.folder}`, this.ingest)), documents: os.course.documents.handler(unused), open: os.course.open.handler(unused) },
      window: { supportBundle: os.window.supportBundle.handler(unused), conversations: os.window.conversations.handler(unused), saveConversation: os.window.saveConversation.handler(unused), removeConversation: os.window.removeConversation.handler(unused) },
      backup: {
        list: os.backup.list.handler(unused),
        create: os.backup.create.handler(unused),
        verify: os.backup.verify.handler(unused),
        restore: os.backup.restore.handler(unused),
        undoRestore: os.backup.undoRestore.handler(unused),
        prune: os.backup.prune.handler(unused),
        remove: os.backup.remove.handler(unused),
        passphrase: os.backup.passphrase.handler(unused),
        keepPassphrase: os.backup.keepPassphrase.handler(unused),
      },
      upload: { run: os.upload.run.handler(({ input }) => this.#upload(input)) },
    });
  }

  #endPod(how: "stop" | "terminate", id: string): PodOfOurs[] {
    this.calls.push(`${how} pod ${id}`);
    this.pods = how === "stop" ? this.pods.map((pod) => (pod.id === id ? { ...pod, state: "stopped" as const, runningSince: null } : pod)) : this.pods.filter((pod) => pod.id !== id);
    return this.pods;
  }

  async *#makePractice(): AsyncGenerator<PracticeEvent, void, void> {
    yield { type: "progress", progress: { done: 0, total: 2, unit: "files", rate: null, etaSeconds: null, detail: "fetching the model" } };
    if (this.practiceStick !== null) yield { type: "done", stick: this.practiceStick };
  }

  async *#watchLogs({ source, follow }: { source?: string; follow?: boolean }, signal?: AbortSignal): AsyncGenerator<LogLine[], void, void> {
    yield* this.logs.map((batch) => batch.filter((line) => source === undefined || line.source === source));
    if (follow) await new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  }

  async *#replay<Event>(call: string, events: Event[]): AsyncGenerator<Event, void, void> {
    this.calls.push(call);
    yield* events;
  }

  async *#upload(request: UploadRequest): AsyncGenerator<UploadEvent, void, void> {
    this.uploads.push(request);
    try {
      yield* this.onUpload(request);
    } catch (thrown) {
      throw failed(thrown);
    }
  }

  async *#watch(signal?: AbortSignal): AsyncGenerator<SessionEvent, void, void> {
    const events = on(this.#events, "event", { signal }) as AsyncIterable<[SessionEvent]>;
    yield { type: "snapshot", seq: this.#seq, session: this.session };
    for await (const [event] of events) yield event;
  }
}

function failed(thrown: unknown): ORPCError<"FAILED", ErrorReport> {
  const data = toErrorReport(thrown);
  return new ORPCError("FAILED", { defined: true, message: data.message, data });
}

function unused(): never {
  throw new Error("The command line does not use this.");
}
