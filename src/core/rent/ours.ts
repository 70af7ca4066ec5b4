import { MentorError } from "../../contract/errors.ts";
import { isDeletable, type PodOfOurs } from "../../contract/rent.ts";
import type { Clock, Provider } from "../ports.ts";
import { costOf } from "./money.ts";
import { sessionOfPod } from "./pod-name.ts";

const ENDED_WITHIN = 2 * 60_000;
const LOOK_EVERY = 2_000;

export interface OursOptions {
  provider: Provider;
  clock: Clock;
  /** The machine that the present session uses. */
  used: { podId: string | null; name: string; sessionId: string } | null;
  /** Whether this computer has a journal of this session. */
  isKnown(sessionId: string): Promise<boolean>;
}

/** The machines of this app in the account, whichever computer has rented them; other people's are not looked at. */
export async function ourPods({ provider, used, isKnown }: OursOptions, signal?: AbortSignal): Promise<PodOfOurs[]> {
  const pods = (await provider.list(signal)).filter(({ name, state }) => state !== "gone" && sessionOfPod(name) !== null);
  return Promise.all(
    pods.map(async (pod) => ({
      id: pod.id, name: pod.name, state: pod.state, gpu: pod.gpu, cloud: pod.cloud, dataCenter: pod.dataCenter, microUsdPerHour: pod.microUsdPerHour,
      runningSince: pod.startedAt, spentMicroUsd: costOf(pod.microUsdPerHour, pod.upSeconds ?? 0), disk: pod.disk,
      sessionId: used !== null && (used.podId === pod.id || used.name === pod.name) ? used.sessionId : null,
      madeHere: await isKnown(sessionOfPod(pod.name)!),
    })),
  );
}

/** Stops or deletes one that no session uses, and waits until the list shows it. Throws `input-invalid` for any other, `pod-in-use` where deleting might take a running session's course away. */
export async function endOurPod(options: OursOptions, id: string, how: "stop" | "terminate", signal?: AbortSignal): Promise<PodOfOurs[]> {
  const { provider, clock } = options;
  const pod = (await ourPods(options, signal)).find((one) => one.id === id);
  if (pod === undefined) throw new MentorError("input-invalid", `There is no machine ${id} that this app has rented.`);
  if (pod.sessionId !== null) throw new MentorError("session-running", `The machine ${id} is used by the session that runs; stop that.`);
  if (how === "terminate" && !isDeletable(pod)) {
    throw new MentorError("pod-in-use", `The machine ${id} runs, and another computer has rented it: what is on its disk may be in no backup yet.`, { advice: "Stop it there; or, when nobody uses it any more, stop it here, which keeps its disk, and delete it then." });
  }
  await (how === "stop" ? provider.stop(id, signal) : provider.terminate(id, signal));
  for (const until = clock.now() + ENDED_WITHIN; ; await clock.sleep(LOOK_EVERY, signal)) {
    const pods = await ourPods(options, signal);
    const now = pods.find((one) => one.id === id);
    if (now === undefined || (how === "stop" && now.state === "stopped")) return pods;
    if (clock.now() >= until) throw new MentorError("stop-incomplete", `Runpod still lists ${id} as ${now.state}.`, { details: { pods: [id] } });
  }
}
