import { MentorError } from "../../contract/errors.ts";
import type { QuoteCandidate } from "../../contract/rent.ts";
import type { Pod, PodOrder } from "../ports.ts";
import { awaitPod } from "./await-pod.ts";
import { findPodsPatiently, persistently } from "./find.ts";
import { withoutPod, withSight, type RentRecord } from "./record.ts";
import { isoNow, type RentWork } from "./work.ts";

const PATIENCE = 120_000;

export interface RentPlan {
  /** Asked for only when no machine of this session is there yet. Throws `no-gpu-fits`, `no-capacity`. */
  candidates(): Promise<QuoteCandidate[]>;
  order: Pick<PodOrder, "minCuda" | "dataCenters" | "publicKey" | "disk">;
}

/**
 * A machine for this session, running and with its way in: the one that it has already, the stopped
 * one that it takes up, or a new one, the kinds of card tried in turn. Before each order the journal
 * says that it is sent; an order whose answer is lost is looked for by name and never sent again
 * while its machine may come. Returns the record; `seen.ssh` is set.
 *
 * @throws MentorError no-capacity (with what was tried), pod-not-up, pod-gone, provider-*, balance-empty
 */
export async function rentPod(work: RentWork, record: RentRecord, plan: RentPlan): Promise<RentRecord> {
  let now = await adoptOrdered(work, record);
  if (now.podId !== null) {
    const up = await upOrGiven(work, now);
    if (up.podId !== null) return up;
    now = up;
  }
  for (const candidate of await plan.candidates()) {
    if (now.tried.some(({ gpu, cloud }) => gpu === candidate.name && cloud === candidate.cloud)) continue;
    work.waiting(`Asking for a ${candidate.name} (${candidate.cloud} cloud)`);
    now = { ...now, asked: { gpu: candidate.id, cloud: candidate.cloud, at: isoNow(work), microUsdPerHour: candidate.microUsdPerHour } };
    await work.save(now);
    let pod: Pod;
    try {
      pod = await order(work, now, { ...plan.order, name: now.name, gpu: candidate.id, cloud: candidate.cloud });
    } catch (error) {
      if (!(error instanceof MentorError) || !NOTHING_MADE.has(error.code)) throw error;
      now = { ...now, asked: null };
      if (error.code !== "no-capacity") {
        await work.save(now);
        throw error;
      }
      const why = error.details?.certain === false ? `Runpod said: ${String(error.details.detail)}` : "none is free";
      now = await without(work, now, candidate, why);
      continue;
    }
    now = withSight(now, pod, isoNow(work));
    await work.save(now);
    now = await upOrGiven(work, now, candidate);
    if (now.podId !== null) return now;
  }
  const tried = now.tried.map(({ gpu, cloud, why }) => `${gpu} (${cloud}): ${why}`);
  // The next try may find what this one did not.
  await work.save({ ...now, tried: [] });
  throw new MentorError("no-capacity", `No machine could be had. Tried: ${tried.join("; ")}.`, { details: { tried } });
}

/** What could not be had this time, and why not: the next kind of card is tried. */
async function without(work: RentWork, record: RentRecord, { name, cloud }: Pick<QuoteCandidate, "name" | "cloud">, why: string): Promise<RentRecord> {
  work.log("info", `${name} (${cloud}): ${why}.`);
  const next: RentRecord = { ...withoutPod(record, isoNow(work)), tried: [...record.tried, { gpu: name, cloud, why }] };
  await work.save(next);
  return next;
}

/** A new machine that does not come up is empty: it is given back, so that two are never paid for; then `podId` is null. */
async function upOrGiven(work: RentWork, record: RentRecord, candidate?: QuoteCandidate): Promise<RentRecord> {
  try {
    return await bringUp(work, record);
  } catch (error) {
    const fresh = !record.resumed && !record.wasUp;
    if (!fresh || !(error instanceof MentorError) || (error.code !== "pod-not-up" && error.code !== "pod-gone")) throw error;
    if (error.code === "pod-not-up") await persistently(work, work.clock.now() + PATIENCE, () => work.provider.terminate(record.podId!, work.signal));
    const was = candidate ?? { name: record.seen?.gpu ?? "a machine", cloud: record.seen?.cloud ?? "secure" };
    return without(work, record, was, error.code === "pod-gone" ? "it was taken away again" : "it did not come up");
  }
}

const NOTHING_MADE: ReadonlySet<string> = new Set(["no-capacity", "provider-refused", "provider-key-rejected", "provider-busy", "balance-empty"]);

/** Sends it once. Where the answer is lost it looks for the machine, and only then says so. */
async function order(work: RentWork, record: RentRecord, wanted: PodOrder): Promise<Pod> {
  try {
    return await work.provider.create(wanted, work.signal);
  } catch (error) {
    if (!(error instanceof MentorError) || error.code !== "provider-unreachable") throw error;
    work.log("warn", "Runpod's answer to the order was lost; looking whether the machine is there.");
    const [found] = await persistently(work, work.clock.now() + PATIENCE, () => findPodsPatiently(work, record));
    if (found === undefined) throw error;
    work.log("info", `It is there (${found.id}), and is used.`);
    return found;
  }
}

/** What an earlier try of this session has ordered, or what it is to take up. */
async function adoptOrdered(work: RentWork, record: RentRecord): Promise<RentRecord> {
  if (record.podId === null && record.asked === null) return record;
  if (record.resumed && record.seen === null) return record;
  const found = await persistently(work, work.clock.now() + PATIENCE, () => findPodsPatiently(work, record));
  const [pod, ...more] = found.toSorted((a, b) => Number(b.id === record.podId) - Number(a.id === record.podId));
  for (const extra of more) {
    work.log("warn", `Two machines came of one order; ${extra.id} is given back.`);
    await work.provider.terminate(extra.id, work.signal);
  }
  if (pod === undefined && record.resumed) throw gone(record);
  const known = { ...record, former: [...record.former, ...more.map(({ id }) => id)] };
  const next = pod === undefined ? withoutPod(known, isoNow(work)) : withSight(known, pod, isoNow(work));
  await work.save(next);
  return next;
}

async function bringUp(work: RentWork, record: RentRecord): Promise<RentRecord> {
  let now = record;
  const pod = await persistently(work, work.clock.now() + PATIENCE, () => work.provider.describe(now.podId!, work.signal));
  if (pod === null || pod.state === "gone") throw gone(now);
  if (now.resumed && now.seen === null) {
    // What it cost before this session is not this session's.
    now = { ...withSight(now, pod, isoNow(work)), billedBefore: (await work.provider.billed(pod.id, work.signal).catch(() => null)) ?? 0 };
    await work.save(now);
  }
  if (pod.state === "stopped") {
    work.waiting("Starting the machine again");
    await work.provider.resume(pod.id, work.signal).catch((error: unknown) => {
      if (!(error instanceof MentorError) || error.code !== "no-capacity") throw error;
      throw new MentorError("no-capacity", `${now.seen?.gpu ?? "The card"} of the stopped machine is used by somebody else now.`, {
        kept: "The stopped machine and its disk are kept.",
        advice: "Try again later, or start without it: another machine is rented, and the model and the course are sent again.",
        cause: error,
      });
    });
  }
  return awaitPod(work, now);
}

const gone = ({ podId }: RentRecord) => new MentorError("pod-gone", `The machine ${podId ?? ""} is not in the Runpod account any more.`);

