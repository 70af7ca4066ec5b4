import type { PodOfOurs } from "../../../contract/rent.ts";
import { dollars } from "../../../core/rent/money.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";

/** The machines that this app has rented, whether or not a session uses them. */
export async function listPods({ output, connect }: CommandContext): Promise<void> {
  const pods = await withCore(connect, (client) => client.pods.list());
  describePods(pods, output);
  output.result("pods", { pods });
}

export async function endPod(how: "stop" | "terminate", id: string, { output, connect }: CommandContext): Promise<void> {
  const pods = await withCore(connect, (client) => client.pods[how]({ id }));
  output.line(how === "stop" ? `${id} is stopped; its disk is kept.` : `${id} is deleted, with its own disk.`);
  describePods(pods, output);
  output.result("pods", { pods });
}

/** Machines that run and that nobody uses cost money for nothing: they come first, with what to do. */
export function describePods(pods: readonly PodOfOurs[], output: Output): void {
  if (pods.length === 0) output.line("No machine of ours is at Runpod.");
  const forgotten = pods.filter(isForgotten);
  for (const pod of [...forgotten, ...pods.filter((one) => !forgotten.includes(one))]) {
    const money = pod.runningSince === null ? (pod.disk === null ? "" : `, disk ${dollars(pod.disk.microUsdPerDay)} a day`) : `, ${dollars(pod.microUsdPerHour)} an hour, ${dollars(pod.spentMicroUsd)} so far`;
    output.line(`${pod.id}  ${pod.gpu ?? "unknown card"}  ${pod.state}${money}${pod.sessionId === null ? "" : ", used by the session"}${pod.madeHere ? "" : ", rented from another computer"}`);
    if (!isForgotten(pod)) continue;
    if (pod.madeHere) output.line(`  No session uses it. Stop it: ai-mentor pods stop ${pod.id}    Delete it with its disk: ai-mentor pods delete ${pod.id}`);
    else output.line(`  Unless somebody uses it there, stop it: ai-mentor pods stop ${pod.id}`);
  }
}

/** It runs, and this computer's session is not on it. */
export const isForgotten = ({ state, sessionId }: PodOfOurs): boolean => sessionId === null && state !== "stopped" && state !== "gone";
