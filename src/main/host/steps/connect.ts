import { MentorError } from "../../../contract/errors.ts";
import type { Host, HostIdentity } from "../../../core/ports.ts";
import { letsNoSshOut, whySilent } from "../../../core/rent/reach.ts";
import { withSight } from "../../../core/rent/record.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { firstLanes } from "../../../core/upload/lane-policy.ts";
import { watchBySentry } from "./sentry-watch.ts";
import type { StepTools } from "./tools.ts";

/** A machine's sshd makes its keys first. Milliseconds. */
const SSHD_WITHIN = 3 * 60_000;
/** A port that never even refuses, while no other SSH server answers: waiting longer only costs. Milliseconds. */
const BLOCKED_WITHIN = 45_000;
const TRY_EVERY = 3_000;

/** The connection that every later step uses. It is the one thing that must be made anew after a crash. */
export function connect(tools: StepTools): StepImplementation {
  const { connectors, clock, sentryTimes } = tools;
  const reach = async (context: StepContext): Promise<Host> => {
    const { request, once, signal } = context;
    if (request.host.kind === "local") return connectors.local.connect(request.host, signal);
    if (request.host.kind === "ssh") return connectors.ssh.connect({ ...request.host, ...once }, signal, { lanesNext: firstLanes });
    return reachPod(tools, context);
  };
  const open = async (context: StepContext) => {
    const { facts, line, lost, log } = context;
    const host = await reach(context);
    const over = new AbortController();
    await facts.hold("host", host, async () => {
      over.abort();
      await host.close();
    });
    host.onLine(line);
    host.onLost(lost);
    if (context.request.host.kind === "runpod") await watchBySentry(context, host, clock, over.signal, sentryTimes);
    else facts.set("hostLabel", host.label);
    log("info", `Connected to ${host.label}.`);
    return host;
  };
  return {
    id: "connect",
    opensHandles: true,
    async run(context) {
      return { outcome: (await open(context)).label };
    },
    async adopt(context) {
      await open(context);
      return true;
    },
    undo: ({ facts }) => facts.drop("host"),
  };
}

/** A rented machine: its way in is asked for anew each time, since it changes at every start, and so do its keys. */
async function reachPod({ clock, connectors, appKey, reach }: StepTools, context: StepContext): Promise<Host> {
  const { facts, signal, once, progress } = context;
  const provider = facts.requireHandle("provider");
  const { path } = await appKey();
  const begun = clock.now();
  for (;;) {
    const record = facts.require("rent");
    const pod = await provider.describe(record.podId!, signal);
    facts.set("rent", withSight(record, pod, new Date(clock.now()).toISOString()));
    if (pod === null || pod.state === "gone") throw new MentorError("pod-gone", `The machine ${record.podId} is not in the Runpod account any more.`);
    if (pod.state === "stopped" || pod.state === "failed") throw new MentorError("pod-stopped-itself", `The machine ${pod.id} does not run any more.`);
    let silent: unknown = null;
    if (pod.ssh !== null) {
      const { id, startedAt } = pod;
      const fingerprints = (fingerprint: string) => provider.hostKeys(id, { signal, ...(startedAt === null ? {} : { expected: { fingerprint, startedAt } }) }).catch(() => []);
      const knownAs: HostIdentity = { name: `${id}@${startedAt ?? ""}`, fingerprints };
      const { host, port, user } = pod.ssh;
      try {
        return await connectors.ssh.connect({ kind: "ssh", address: `${user}@${host.includes(":") ? `[${host}]` : host}:${port}`, identity: path, trustFingerprint: once.trustFingerprint }, signal, { knownAs, lanesNext: firstLanes });
      } catch (error) {
        const code = error instanceof MentorError ? error.code : null;
        if (code !== "host-refused" && code !== "host-silent") throw error;
        silent = error;
        const waited = clock.now() - begun;
        const blocked = code === "host-silent" && waited >= BLOCKED_WITHIN && (await letsNoSshOut(reach, signal));
        if (blocked || waited >= SSHD_WITHIN) throw await whySilent(reach, { host, port }, signal, error);
      }
    } else if (clock.now() - begun >= SSHD_WITHIN) throw new MentorError("pod-not-up", `The machine ${pod.id} runs, but its SSH port was not opened.`);
    const seconds = Math.round((clock.now() - begun) / 1000);
    progress({ done: seconds, total: null, unit: "seconds", rate: null, etaSeconds: null, detail: silent === null ? "Waiting until Runpod opens the SSH port" : "The machine is up; waiting for its SSH server" });
    await clock.sleep(TRY_EVERY, signal);
  }
}
