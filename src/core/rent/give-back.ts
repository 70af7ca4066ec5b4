import { MentorError } from "../../contract/errors.ts";
import type { DiskEnd, MicroUsd, RentReceipt } from "../../contract/rent.ts";
import type { Pod } from "../ports.ts";
import { findPods, findPodsPatiently, persistently } from "./find.ts";
import { rentReceipt, withSight, type RentRecord } from "./record.ts";
import { isoNow, type RentWork } from "./work.ts";

const LOOK_EVERY = 2_000;
const ASK_AGAIN_EVERY = 20_000;
const ENDED_WITHIN = 3 * 60_000;
/** A bill may come a moment after the stop. */
const BILL_TRIES = 3;

const stands = ({ state }: Pod): boolean => state !== "stopped" && state !== "gone";

/**
 * Stops the machine, or deletes it with its disk, and believes it only when the provider's own list
 * shows it. A machine on a network volume is always deleted: the volume keeps everything. Resolves
 * with the record that holds the receipt; there is none where there never was a machine.
 *
 * @throws MentorError stop-incomplete, provider-*
 */
export async function givePodBack(work: RentWork, record: RentRecord, disk: DiskEnd): Promise<RentRecord> {
  const { clock, provider, signal } = work;
  const until = clock.now() + ENDED_WITHIN;
  const seenBefore = record.seen?.state;
  const first = await persistently(work, until, () => findPodsPatiently(work, record));
  let now = record;
  const ours = first.find(({ id }) => id === record.podId) ?? first[0];
  if (ours !== undefined) {
    now = withSight({ ...record, asked: null }, ours, isoNow(work));
    await work.save(now);
  }
  const byItself = record.podId !== null && seenBefore !== undefined && (ours === undefined || !stands(ours));
  const deletes = (pod: Pod) => disk === "delete" || pod.id !== now.podId || pod.disk?.kind === "network" || !pod.stoppable;
  const ended = (pod: Pod) => (deletes(pod) ? pod.state === "gone" : !stands(pod));

  let askedAt = Number.NEGATIVE_INFINITY;
  for (let pods = first; ; pods = await persistently(work, until, () => findPods(work, now))) {
    const left = pods.filter((pod) => !ended(pod));
    if (left.length === 0) break;
    if (clock.now() >= until) throw notEnded(left);
    if (clock.now() - askedAt >= ASK_AGAIN_EVERY) {
      askedAt = clock.now();
      for (const pod of left) await persistently(work, until, () => (deletes(pod) ? provider.terminate(pod.id, signal) : provider.stop(pod.id, signal))).catch(unlessGone);
      // It ran until now: what the list shows next has ended.
      if (now.seen !== null && ours !== undefined && stands(ours)) now = { ...now, seen: { ...now.seen, at: isoNow(work) } };
    } else {
      work.waiting(`Waiting until Runpod's list shows the machine ${left.some(deletes) ? "gone" : "stopped"}`);
      await clock.sleep(LOOK_EVERY, signal);
    }
  }

  const at = isoNow(work);
  const last = now.podId === null ? null : await provider.describe(now.podId, signal).catch(() => null);
  now = withSight({ ...now, asked: null }, last !== null && last.state !== "gone" ? last : null, at);
  const kept = ours !== undefined && !deletes(ours) ? "keep" : "delete";
  const receipt = rentReceipt(now, { how: byItself ? "by-itself" : kept === "delete" ? "deleted" : "stopped", at, billed: await bill(work, now), disk: kept });
  now = { ...now, receipt };
  await work.save(now);
  return now;
}

function unlessGone(error: unknown): void {
  if (!(error instanceof MentorError) || error.code !== "pod-gone") throw error;
}

function notEnded(pods: readonly Pod[]): MentorError {
  const locked = pods.find((pod) => pod.locked);
  return new MentorError("stop-incomplete", `Runpod still lists ${pods.map(({ id, state }) => `${id} (${state})`).join(", ")}.`, {
    advice: locked === undefined ? "Press Stop again, or end it in Runpod's console." : "It is locked: unlock it in Runpod's console, then press Stop again.",
    details: { pods: pods.map(({ id }) => id) },
  });
}

async function bill({ provider, clock, signal }: RentWork, record: RentRecord): Promise<MicroUsd | null> {
  if (record.podId === null) return null;
  for (let tries = 1; ; tries++) {
    const billed = await provider.billed(record.podId, signal).catch(() => null);
    const metered: RentReceipt | null = billed === null ? null : rentReceipt(record, { how: "stopped", at: record.seen?.at ?? record.begunAt, billed, disk: "keep" });
    if (metered?.source === "bill" || tries >= BILL_TRIES) return billed;
    await clock.sleep(LOOK_EVERY, signal);
  }
}
