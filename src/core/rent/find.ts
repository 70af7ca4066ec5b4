import { MentorError } from "../../contract/errors.ts";
import type { Pod } from "../ports.ts";
import type { RentRecord } from "./record.ts";
import type { RentWork } from "./work.ts";

/** An order whose answer was lost may still be carried out: so long, and so often, it is looked for. Milliseconds. */
const APPEARS_WITHIN = 45_000;
const LOOK_EVERY = 5_000;

/** The machines of this session that the provider lists; more than one only where an order was carried out twice. */
export async function findPods({ provider, signal }: Pick<RentWork, "provider" | "signal">, record: RentRecord): Promise<Pod[]> {
  const pods = await provider.list(signal);
  return pods.filter(({ id, name, state }) => state !== "gone" && (id === record.podId || name === record.name));
}

/** As `findPods`, and patient where an order's answer is not known: nothing is said to be none too early. */
export async function findPodsPatiently(work: RentWork, record: RentRecord): Promise<Pod[]> {
  const { clock, signal, waiting } = work;
  for (const until = clock.now() + APPEARS_WITHIN; ; ) {
    const found = await findPods(work, record);
    if (found.length > 0 || record.asked === null || clock.now() >= until) return found;
    waiting("Looking whether the machine that was ordered is there");
    await clock.sleep(LOOK_EVERY, signal);
  }
}

/** Keeps asking a provider that does not answer or asks to wait, until `untilMs`; other failures pass. */
export async function persistently<Result>({ clock, signal, waiting }: RentWork, untilMs: number, ask: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const passing = error instanceof MentorError && (error.code === "provider-unreachable" || error.code === "provider-busy");
      if (!passing || clock.now() >= untilMs) throw error;
      waiting(error.code === "provider-busy" ? "Runpod asks to wait; asking again in a moment" : "Runpod does not answer; asking again in a moment");
      await clock.sleep(LOOK_EVERY, signal);
    }
  }
}
