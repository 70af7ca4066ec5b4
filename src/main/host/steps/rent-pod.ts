import { MentorError } from "../../../contract/errors.ts";
import { isUp, type DiskEnd } from "../../../contract/rent.ts";
import { diskFor, KIT_MIN_CUDA } from "../../../core/rent/defaults.ts";
import { rankOffers, requireCandidates, type ModelNeed, type RentWish } from "../../../core/rent/choose.ts";
import { givePodBack } from "../../../core/rent/give-back.ts";
import { dollars } from "../../../core/rent/money.ts";
import { podName, sessionOfPod } from "../../../core/rent/pod-name.ts";
import { newRecord, withSight, type RentRecord } from "../../../core/rent/record.ts";
import { rentPod as rent } from "../../../core/rent/rent.ts";
import type { RentWork } from "../../../core/rent/work.ts";
import type { Provider } from "../../../core/ports.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { PARALLEL } from "./fit.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The machine that the session pays for: found or rented by `run`, stopped or deleted, and seen to be, by `undo`. */
export function rentPod(tools: StepTools): StepImplementation {
  const { clock, account, appKey } = tools;
  const work = (context: StepContext, provider: Provider): RentWork => {
    const { facts, signal, progress, log, checkpoint } = context;
    return {
      provider, clock, signal, log,
      waiting: (detail) => progress({ done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail }),
      save: async (record) => {
        facts.set("rent", merged(facts.get("rent"), record));
        await checkpoint();
      },
    };
  };
  const open = async ({ facts }: StepContext): Promise<Provider> => {
    const held = facts.handle("provider");
    if (held !== undefined) return held;
    const provider = await account();
    await facts.hold("provider", provider);
    return provider;
  };

  return {
    id: "rent-pod",
    opensHandles: true,
    async run(context) {
      const { request, facts, sessionId, checkpoint } = context;
      if (request.host.kind !== "runpod") throw new MentorError("internal", "No machine is to be rented for this session.");
      const choice = request.host;
      const provider = await open(context);
      const here = work(context, provider);
      let record = facts.get("rent");
      if (record === undefined) {
        record = newRecord(choice.podId === undefined ? podName(sessionId) : "", choice, new Date(clock.now()).toISOString());
        if (choice.podId !== undefined) record = { ...record, name: (await ownPod(provider, choice.podId, context.signal)).name };
        facts.set("rent", record);
        await checkpoint();
      }
      const volume = choice.volumeId === undefined ? null : ((await provider.volumes(context.signal)).find(({ id }) => id === choice.volumeId) ?? noVolume(choice.volumeId));
      const wish: RentWish = { ...choice, dataCenter: volume?.dataCenter ?? null };
      const bytes = (facts.get("model")?.bytes ?? 0) + (facts.get("embedding")?.file?.bytes ?? 0);
      await rent(here, record, {
        candidates: async () => requireCandidates(rankOffers(await provider.offers({ minCuda: KIT_MIN_CUDA }, context.signal), wish, needOf(context)), wish),
        order: {
          minCuda: KIT_MIN_CUDA,
          dataCenters: volume === null ? [] : [volume.dataCenter],
          publicKey: (await appKey()).publicKey,
          disk: volume === null ? { kind: "own", gigabytes: choice.diskGigabytes ?? diskFor(bytes) } : { kind: "network", volumeId: volume.id },
        },
      });
      const { gpu, microUsdPerHour, resumed } = seenOf(facts.require("rent"));
      facts.set("hostLabel", `the rented ${gpu ?? "machine"}`);
      return { outcome: `${gpu ?? "a machine"} for ${dollars(microUsdPerHour)} an hour${resumed ? ", started again" : ""}` };
    },
    async adopt(context) {
      const { facts, signal } = context;
      const provider = await open(context);
      const record = facts.require("rent");
      if (record.podId === null) return false;
      const pod = await provider.describe(record.podId, signal);
      facts.set("rent", withSight(record, pod, new Date(clock.now()).toISOString()));
      await context.checkpoint();
      if (pod === null || pod.state === "gone") throw new MentorError("pod-gone", `The machine ${record.podId} is not in the Runpod account any more.`);
      if (pod.state === "stopped") throw new MentorError("pod-stopped-itself", `The machine ${record.podId} does not run any more.`);
      return true;
    },
    async undo(context) {
      const { facts } = context;
      const record = facts.get("rent");
      if (record === undefined || record.receipt !== null) return;
      if (record.podId === null && record.asked === null && record.former.length === 0) return;
      const disk = diskEnd(context, record);
      await givePodBack(work(context, await open(context)), record, disk);
      const receipt = facts.require("rent").receipt;
      if (receipt === null) return;
      for (const line of facts.get("kept") ?? []) if (receipt.disk === null) context.log("debug", `Not kept after all: ${line}`);
      if (receipt.disk === null) facts.set("kept", (facts.get("kept") ?? []).filter((line) => !line.includes(facts.get("hostLabel") ?? "\0")));
      else facts.keep(`${receipt.disk.kind === "network" ? "The network volume" : "The machine's disk"} (${receipt.disk.gigabytes} GB) is kept for ${dollars(receipt.disk.microUsdPerDay)} a day.`);
      if (disk === "keep" && context.ending.disk === "delete") facts.keep("The disk was to be deleted, but the course on it is in no backup: it is kept.");
    },
  };
}

/** What was said counts; else everything is kept that somebody may want: a start that was cancelled has made nothing such. */
function diskEnd({ ending }: StepContext, record: RentRecord): DiskEnd {
  if (ending.disk === "delete") return record.unsavedRows && !ending.evenUnsaved ? "keep" : "delete";
  if (ending.disk === "keep") return "keep";
  return ending.cancelled && !ending.wasReady && !record.resumed ? "delete" : "keep";
}

/** The work's own fields over what others have changed meanwhile: the times, the budget, the guard. */
function merged(now: RentRecord | undefined, { podId, asked, wasUp, former, tried, seen, before, billedBefore, endAsked, receipt, ...rest }: RentRecord): RentRecord {
  return { ...(now ?? rest), podId, asked, wasUp, former, tried, seen, before, billedBefore, endAsked, receipt };
}

function seenOf(record: RentRecord) {
  if (record.seen === null) throw new MentorError("internal", "The machine was rented and never seen.");
  return { ...record.seen, resumed: record.resumed };
}

function needOf({ facts, request }: StepContext): ModelNeed {
  const model = facts.get("model");
  const header = facts.get("header");
  if (model === undefined || header === undefined) return null;
  return { weightsBytes: model.bytes, besidesBytes: facts.get("embedding")?.file?.bytes, header, parallel: request.parallel ?? PARALLEL, contextTokens: request.contextTokens };
}

/**
 * A stopped machine that is to be taken up: one of ours, by its name. Anything else is left alone, and so is
 * one that runs: a class may be on it, from another computer, and the tools on it obey one session alone.
 */
async function ownPod(provider: Provider, id: string, signal: AbortSignal): Promise<{ name: string }> {
  const pod = await provider.describe(id, signal);
  if (pod === null || pod.state === "gone") throw new MentorError("pod-gone", `There is no machine ${id} in the Runpod account.`);
  if (sessionOfPod(pod.name) === null) throw new MentorError("input-invalid", `The machine ${id} (${pod.name}) was not rented by this app; it is left alone.`);
  if (isUp(pod)) {
    throw new MentorError("pod-in-use", `The machine ${id} (${pod.name}) runs already: another computer may be using it.`, { details: { pod: id } });
  }
  return pod;
}

function noVolume(id: string): never {
  throw new MentorError("input-invalid", `There is no network volume ${id} in the Runpod account.`);
}
