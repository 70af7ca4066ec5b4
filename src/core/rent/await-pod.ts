import { MentorError } from "../../contract/errors.ts";
import type { Pod } from "../ports.ts";
import { persistently } from "./find.ts";
import { withSight, type RentRecord } from "./record.ts";
import { isoNow, type RentWork } from "./work.ts";

/** Between the first two looks, doubled from look to look up to the longest: a machine that is up already is not waited for. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 2_000;
/** A machine that has never seen the system image fetches some ten gigabytes first. */
const UP_WITHIN = 12 * 60_000;

/** Waits until the machine runs and its SSH port is open to the world; says what it waits for. Throws `pod-not-up`, `pod-gone`. */
export async function awaitPod(work: RentWork, record: RentRecord): Promise<RentRecord> {
  const { provider, clock, signal } = work;
  const begun = clock.now();
  for (let now = record, pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const pod = await persistently(work, begun + UP_WITHIN, () => provider.describe(now.podId!, signal));
    const before = now.seen;
    now = withSight(now, pod, isoNow(work));
    if (before?.state !== now.seen?.state || before?.startedAt !== now.seen?.startedAt || before?.ssh?.port !== now.seen?.ssh?.port) await work.save(now);
    if (pod === null || pod.state === "gone") throw new MentorError("pod-gone", `The machine ${now.podId} was taken away while it started.`);
    if (pod.state === "failed") throw new MentorError("pod-not-up", `The machine ${pod.id} (${pod.gpu ?? "unknown card"}) failed while it started.`, { details: { pod: pod.id } });
    if (pod.state === "running" && pod.ssh !== null) {
      now = { ...now, wasUp: true };
      await work.save(now);
      return now;
    }
    if (clock.now() - begun >= UP_WITHIN) {
      throw new MentorError("pod-not-up", `The machine ${pod.id} did not come up within ${UP_WITHIN / 60_000} minutes; last: ${waitsFor(pod)}.`, { details: { pod: pod.id } });
    }
    work.waiting(`${waitsFor(pod)} (${Math.round((clock.now() - begun) / 1000)} s)`);
    await clock.sleep(pause, signal);
  }
}

function waitsFor({ state, gpu }: Pod): string {
  switch (state) {
    case "provisioning":
      return `Runpod is setting up a ${gpu ?? "machine"}`;
    case "starting":
      return "The machine is loading its system";
    case "running":
      return "The machine runs; its SSH port is not open yet";
    default:
      return "The machine is on its way from standing still to running";
  }
}
