import { join } from "node:path";
import { systemClock } from "../../adapters/local/clock.ts";
import { PRACTICE_QUESTIONS } from "../../adapters/practice/course.ts";
import { RehearsedNetwork } from "../../adapters/rehearsal/network.ts";
import { openStage, type Stage } from "../../adapters/rehearsal/stage.ts";
import { Runpod } from "../../adapters/runpod/provider.ts";
import type { ChatAnswer } from "../../contract/chat.ts";
import { MentorError, fromErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { RehearsalEvent, RehearsalFault, RehearsalResult } from "../../contract/rehearsal.ts";
import type { SessionSnapshot, StartRequest } from "../../contract/session.ts";
import type { Stick } from "../../contract/stick.ts";
import { createCore, type Core } from "./core.ts";

/** The shortest that can be asked for. */
const IDLE_STOP_SECONDS = 60;
const STOPPED_WITHIN = 4 * 60_000;

/**
 * The whole flow on a rented machine, free: a Runpod of this computer's own, a core of its own with a
 * data folder of its own, the practice stick, a session from the quote to the receipt. What is real
 * here: everything but the money and the graphics card. Throws what a session throws, and
 * `rehearsal-unavailable`.
 */
export async function* rehearse(outer: Core, { fault = null }: { fault?: RehearsalFault | null }, signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
  const folder = join(outer.info.dataFolder, "rehearsal");
  const stage = await openStage({ folder, clock: systemClock, fault });
  const network = new RehearsedNetwork();
  const desk = new Desk(() => createCore({ dataFolder: join(folder, "core"), shell: outer.info.shell, provider: (key) => new Runpod({ key: async () => key, clock: systemClock, url: stage.url }), over: (real) => network.over(real) }));
  let result: RehearsalResult;
  try {
    const stick = yield* practiceStick(outer, signal);
    await (await desk.open()).endpointKeys.set("runpod", stage.key);
    result = yield* perform(desk, stage, network, { stick: stick.path, host: { kind: "runpod" } }, fault, signal);
  } finally {
    // Ended in whatever way: nothing of it stays.
    await desk.leave();
    await stage.close();
  }
  yield { type: "done", result };
}

/** The core that rehearses; it can go away, as a laptop does, and come back. */
class Desk {
  readonly #create: () => Promise<Core>;
  #core: Core | null = null;

  constructor(create: () => Promise<Core>) {
    this.#create = create;
  }

  async open(): Promise<Core> {
    this.#core = await this.#create();
    await this.#core.session.recover();
    return this.#core;
  }

  get core(): Core {
    if (this.#core === null) throw new Error("Nobody is at the desk.");
    return this.#core;
  }

  async leave(): Promise<void> {
    const core = this.#core;
    this.#core = null;
    await core?.close();
  }
}

async function* practiceStick(outer: Core, signal: AbortSignal): AsyncGenerator<RehearsalEvent, Stick> {
  for await (const event of outer.sticks.makePractice(signal)) {
    if (event.type === "done") return event.stick;
    yield event;
  }
  throw new MentorError("cancelled", "The rehearsal was cancelled.");
}

async function* perform(desk: Desk, stage: Stage, network: RehearsedNetwork, request: StartRequest, fault: RehearsalFault | null, signal: AbortSignal): AsyncGenerator<RehearsalEvent, RehearsalResult> {
  const { account } = stage;
  yield { type: "quote", quote: await desk.core.rentals.quote(request, signal) };
  network.blocked = fault === "ssh-blocked";
  await desk.core.start(request);
  if (fault === "ssh-blocked") yield* changesNetwork(desk, network, signal);
  if (fault === "host-key-changed") yield* takesAnother(desk, request, signal);
  yield* until(desk.core, ({ phase }) => phase === "ready", signal);
  const answer = await ask(desk.core, signal);
  yield { type: "answer", answer };
  if (fault === "laptop-gone") yield* goneForAWhile(desk, stage, signal);
  // Nothing of a rehearsal is worth keeping.
  await desk.core.session.stop({ disk: "delete", evenUnsaved: true });
  yield* until(desk.core, ({ phase }) => phase === "stopped", signal);
  const { receipt } = desk.core.session.snapshot();
  if (receipt === null) throw new MentorError("internal", "The session ended without a receipt.");
  return { fault, receipt, billedMicroUsd: account.spent(), rented: account.everyPod().length, left: account.pods().length, stoppedItself: account.everyPod().some(({ stoppedByOwnKey }) => stoppedByOwnKey), answer };
}

/** Passes on what happens until it is so. A session that needs help ends the rehearsal with its error. */
async function* until(core: Core, reached: (session: SessionSnapshot) => boolean, signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
  for await (const event of core.session.watch(undefined, signal)) {
    yield { type: "session", event };
    const session = core.session.snapshot();
    if (reached(session)) return;
    const { phase, error, steps } = session;
    if (phase === "needs-help") throw fromErrorReport(error ?? steps.find(({ status }) => status === "failed")?.error ?? { code: "internal", message: "The session needs help, and does not say why." });
    if (phase === "stopped" || phase === "idle") throw new MentorError("cancelled", "The session ended before it was ready.");
  }
  signal.throwIfAborted();
}

async function ask(core: Core, signal: AbortSignal): Promise<ChatAnswer> {
  const mentor = await core.mentor(signal);
  for await (const event of mentor.ask({ message: PRACTICE_QUESTIONS[0].question }, signal)) {
    if (event.type === "error") throw new MentorError("answer-failed", event.message);
    if (event.type === "complete") return event;
  }
  throw new MentorError("answer-failed", "The answer broke off before its end.");
}

/** The session stops for help, and says what for. */
async function* needsHelp(core: Core, code: ErrorReport["code"], signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
  yield* until(core, ({ phase }) => phase === "needs-help", signal);
  const { error } = core.session.snapshot();
  if (error?.code !== code) throw fromErrorReport(error ?? { code: "internal", message: "The session needs help, and does not say why." });
  yield { type: "said", text: error.message };
}

async function* changesNetwork({ core }: Desk, network: RehearsedNetwork, signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
  yield* needsHelp(core, "ssh-blocked", signal);
  network.blocked = false;
  yield { type: "said", text: "Another network, and Retry." };
  await core.session.retry();
}

async function* takesAnother({ core }: Desk, request: StartRequest, signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
  yield* needsHelp(core, "host-key-changed", signal);
  yield { type: "said", text: "Cancel: the machine is given back. Then another one is rented." };
  await core.session.cancel();
  yield* until(core, ({ phase }) => phase === "stopped", signal);
  await core.start(request);
}

/** Leaves the machine alone, and comes back when it has stopped itself. */
async function* goneForAWhile(desk: Desk, { account }: Stage, signal: AbortSignal): AsyncGenerator<RehearsalEvent> {
  await desk.core.rentals.extend({ idleStopSeconds: IDLE_STOP_SECONDS }, signal);
  await desk.leave();
  yield { type: "said", text: `The laptop is gone. After ${IDLE_STOP_SECONDS} seconds without a question the machine is to stop itself, with its own key.` };
  for (const end = Date.now() + STOPPED_WITHIN; account.pods().some(({ holdsCard }) => holdsCard); await systemClock.sleep(500, signal)) {
    if (Date.now() > end) throw new MentorError("internal", "The machine was left alone and did not stop itself.");
  }
  yield { type: "said", text: "The machine has stopped itself, and costs nothing more but its disk. The laptop comes back." };
  await desk.open();
}
