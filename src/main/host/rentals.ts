import { basename, isAbsolute, relative } from "node:path";
import { MentorError, toErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { NetworkVolume, PodOfOurs, Quote } from "../../contract/rent.ts";
import type { SessionSnapshot, StartRequest } from "../../contract/session.ts";
import type { Clock, Provider } from "../../core/ports.ts";
import { rankOffers, requireCandidates, type ModelNeed, type RentWish } from "../../core/rent/choose.ts";
import { diskFor, KIT_MIN_CUDA } from "../../core/rent/defaults.ts";
import { costOf } from "../../core/rent/money.ts";
import { endOurPod, ourPods, type OursOptions } from "../../core/rent/ours.ts";
import type { RentRecord } from "../../core/rent/record.ts";
import { PLAN, planFor } from "../../core/session/plan.ts";
import type { Session } from "../../core/session/session.ts";
import { secondsUntilReady } from "../../core/session/timings.ts";
import { chooseModel, inspectStick } from "../../core/stick/inspect.ts";
import { neededBytes } from "../../core/model/fit.ts";
import { PARALLEL } from "./steps/fit.ts";
import { watchdogFor } from "./steps/arm-watchdog.ts";

export interface RentalsOptions {
  session: Session;
  clock: Clock;
  account(): Promise<Provider>;
  isKnown(sessionId: string): Promise<boolean>;
}

export interface Extension {
  seconds?: number;
  idleStopSeconds?: number | null;
  budgetMicroUsd?: number;
}

/** What a person can ask about rented machines outside a session's own steps. */
export class Rentals {
  readonly #options: RentalsOptions;

  constructor(options: RentalsOptions) {
    this.#options = options;
  }

  /** The verdict before any money is spent. Throws only where there is no account to ask. */
  async quote(request: StartRequest, signal: AbortSignal): Promise<Quote> {
    if (request.host.kind !== "runpod") throw new MentorError("input-invalid", "Only a rented machine has a price.");
    const choice = request.host;
    const provider = await this.#options.account();
    const parallel = request.parallel ?? PARALLEL;
    let problem: ErrorReport | null = null;
    let model: Quote["model"] = null;
    let need: ModelNeed = null;
    try {
      ({ model, need } = await this.#need(request, parallel, signal));
    } catch (error) {
      problem = toErrorReport(error);
    }
    const volume = choice.volumeId === undefined ? null : ((await provider.volumes(signal)).find(({ id }) => id === choice.volumeId) ?? null);
    if (choice.volumeId !== undefined && volume === null) problem ??= toErrorReport(new MentorError("input-invalid", `There is no network volume ${choice.volumeId} in the Runpod account.`));
    const wish: RentWish = { ...choice, dataCenter: volume?.dataCenter ?? null };
    const candidates = rankOffers(await provider.offers({ minCuda: KIT_MIN_CUDA }, signal), wish, need);
    try {
      requireCandidates(candidates, wish);
    } catch (error) {
      problem ??= toErrorReport(error);
    }
    const first = candidates.find(({ leftOut }) => leftOut === null) ?? null;
    return {
      model,
      neededBytes: need === null ? 0 : neededBytes(need),
      parallel,
      candidates,
      first,
      disk: volume === null ? provider.ownDisk(choice.diskGigabytes ?? diskFor(model?.bytes ?? 0)) : { kind: "network", gigabytes: volume.gigabytes, volumeId: volume.id, microUsdPerDay: volume.microUsdPerDay },
      untilReady: first === null ? null : await this.#untilReady(request, first.microUsdPerHour),
      problem,
    };
  }

  async pods(signal?: AbortSignal): Promise<PodOfOurs[]> {
    const ours = await this.#ours().catch((error: unknown) => {
      if (error instanceof MentorError && error.code === "provider-key-missing") return null;
      throw error;
    });
    return ours === null ? [] : ourPods(ours, signal);
  }

  async end(id: string, how: "stop" | "terminate", signal?: AbortSignal): Promise<PodOfOurs[]> {
    return endOurPod(await this.#ours(), id, how, signal);
  }

  async volumes(signal?: AbortSignal): Promise<NetworkVolume[]> {
    return (await this.#options.account()).volumes(signal);
  }

  async createVolume(wish: { name: string; gigabytes: number; dataCenter: string }, signal?: AbortSignal): Promise<NetworkVolume> {
    return (await this.#options.account()).createVolume(wish, signal);
  }

  /** Moves the end of the session that runs: first on the machine, which is what counts, then here. */
  async extend({ seconds = 0, idleStopSeconds, budgetMicroUsd }: Extension, signal: AbortSignal): Promise<SessionSnapshot> {
    const { session } = this.#options;
    const facts = session.facts();
    const rent = facts?.get("rent");
    if (facts === null || rent === undefined || rent.receipt !== null) throw new MentorError("session-missing", "No session on a rented machine is running.");
    const changed = (record: RentRecord): RentRecord => ({
      ...record,
      stopAfterSeconds: record.stopAfterSeconds + seconds,
      idleStopSeconds: idleStopSeconds === undefined ? record.idleStopSeconds : idleStopSeconds,
      budgetMicroUsd: budgetMicroUsd ?? record.budgetMicroUsd,
      budgetWarned: budgetMicroUsd === undefined && record.budgetWarned,
    });
    await facts.handle("agent")?.setWatchdog(watchdogFor("runpod", changed(rent), facts.handle("provider"), this.#options.clock.now()), signal);
    return session.changeFacts((now) => now.set("rent", changed(now.require("rent"))));
  }

  async #need(request: StartRequest, parallel: number, signal: AbortSignal): Promise<{ model: Quote["model"]; need: ModelNeed }> {
    if (request.chatEndpoint !== undefined) return { model: null, need: null };
    if (request.stick === undefined) throw new MentorError("stick-missing", "No stick was named.");
    const stick = await inspectStick(request.stick, { signal });
    const wanted = request.model === undefined ? null : isAbsolute(request.model) ? relative(stick.path, request.model) : request.model;
    const found = chooseModel(stick, wanted);
    if (found.header === null) throw new MentorError("model-not-gguf", `${basename(found.file)} cannot be read.`);
    return { model: { name: found.header.name, bytes: found.bytes }, need: { weightsBytes: found.bytes, header: found.header, parallel, contextTokens: request.contextTokens } };
  }

  async #untilReady(request: StartRequest, microUsdPerHour: number): Promise<Quote["untilReady"]> {
    const { seconds, sessions } = secondsUntilReady(planFor(PLAN, request), await this.#options.session.history(), request.host.kind);
    return sessions === 0 ? null : { seconds: Math.round(seconds), microUsd: costOf(microUsdPerHour, Math.round(seconds)), sessions };
  }

  async #ours(): Promise<OursOptions> {
    const { session, clock, account, isKnown } = this.#options;
    const { id } = session.snapshot();
    const rent = session.facts()?.get("rent");
    return { provider: await account(), clock, isKnown, used: rent === undefined || id === null ? null : { podId: rent.podId, name: rent.name, sessionId: id } };
  }
}

