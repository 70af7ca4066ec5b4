import { MentorError } from "../../contract/errors.ts";
import type { DiskEnd, MicroUsd } from "../../contract/rent.ts";
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
 * shows it. A machine on a network volume is always deleted: the volume keeps everything. One that
 * cannot be stopped is deleted, too, but only when no row on its disk would be lost by that. Resolves
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
    const others = first.filter((pod) => pod !== ours).map(({ id }) => id);
    now = { ...withSight(record, ours, isoNow(work)), former: [...new Set([...record.former, ...others])] };
    await work.save(now);
  }
  const byItself = !record.endAsked && record.podId !== null && seenBefore !== undefined && (ours === undefined || !stands(ours));
  const deletes = (pod: Pod) => disk === "delete" || !record.wasUp || pod.id !== now.podId || pod.disk?.kind === "network" || (!pod.stoppable && !record.unsavedRows);
  const ended = (pod: Pod) => (deletes(pod) ? pod.state === "gone" : !stands(pod));

  let askedAt = Number.NEGATIVE_INFINITY;
  for (let pods = first; ; pods = await persistently(work, until, () => findPods(work, now))) {
    const left = pods.filter((pod) => !ended(pod));
    if (left.length === 0) break;
    if (clock.now() >= until) throw notEnded(left);
    if (clock.now() - askedAt >= ASK_AGAIN_EVERY) {
      askedAt = clock.now();
      if (!now.endAsked) await work.save((now = { ...now, endAsked: true }));
      for (const pod of left) {
        // One that failed cannot be stopped as it is; started again it can, and its disk is kept.
        const act = () => (deletes(pod) ? provider.terminate(pod.id, signal) : pod.state === "failed" ? provider.resume(pod.id, signal) : provider.stop(pod.id, signal));
        await persistently(work, until, act).catch((error: unknown) => {
          const code = error instanceof MentorError ? error.code : null;
          if (code !== "pod-gone") throw code === "provider-refused" ? notEnded([pod], error) : error;
        });
      }
      // It was paid for until now: what the list shows next has ended.
      if (now.seen?.paidFrom != null) now = { ...now, seen: { ...now.seen, at: isoNow(work) } };
    } else {
      work.waiting(`Waiting until Runpod's list shows the machine ${left.some(deletes) ? "gone" : "stopped"}`);
      await clock.sleep(LOOK_EVERY, signal);
    }
  }

  const at = isoNow(work);
  const last = now.podId === null ? null : await provider.describe(now.podId, signal).catch(() => null);
  now = { ...withSight(now, last !== null && last.state !== "gone" ? last : null, at), asked: null };
  const kept = ours !== undefined && !deletes(ours) ? "keep" : "delete";
  const receipt = rentReceipt(now, { how: byItself ? "by-itself" : kept === "delete" ? "deleted" : "stopped", at, billed: await bill(work, now), disk: kept });
  now = { ...now, receipt };
  await work.save(now);
  return now;
}

function notEnded(pods: readonly Pod[], cause?: unknown): MentorError {
  return new MentorError("stop-incomplete", `Runpod still lists ${pods.map(({ id, state }) => `${id} (${state})`).join(", ")}.`, { advice: adviceFor(pods), details: { pods: pods.map(({ id }) => id) }, cause });
}

function adviceFor(pods: readonly Pod[]): string {
  if (pods.some(({ locked }) => locked)) return "It is locked: unlock it in Runpod's console, then press Stop again.";
  if (pods.every(({ stoppable }) => stoppable)) return "Press Stop again, or end it in Runpod's console.";
  return "Runpod lets it only be deleted, and its disk holds a course that no backup has: it runs on, and costs money. Try Stop again; or stop it in Runpod's console; or stop here and delete the disk, the course on it included.";
}

/** Of all machines of this session; null where that of one is not told. */
async function bill({ provider, clock, signal }: RentWork, record: RentRecord): Promise<MicroUsd | null> {
  const ids = [...record.former, ...(record.podId === null ? [] : [record.podId])];
  if (ids.length === 0) return null;
  for (let tries = 1; ; tries++) {
    const all = await Promise.all(ids.map((id) => provider.billed(id, signal).catch(() => null)));
    const billed = all.reduce((sum, one) => (sum === null || one === null ? null : sum + one), 0);
    const receipt = billed === null ? null : rentReceipt(record, { how: "stopped", at: record.seen?.at ?? record.begunAt, billed, disk: "keep" });
    if (receipt?.source === "bill" || tries >= BILL_TRIES) return billed;
    await clock.sleep(LOOK_EVERY, signal);
  }
}
