import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/local/clock.ts";
import { PRACTICE_QUESTIONS } from "../../src/adapters/practice/course.ts";
import { realMachines } from "../../src/adapters/rehearsal/machines/real.ts";
import { RunpodAccount } from "../../src/adapters/rehearsal/runpod/account.ts";
import { serveRunpod } from "../../src/adapters/rehearsal/runpod/server.ts";
import { NO_DELAYS } from "../../src/adapters/rehearsal/runpod/world.ts";
import { Runpod } from "../../src/adapters/runpod/provider.ts";
import type { DiskEnd } from "../../src/contract/rent.ts";
import type { RunpodChoice, SessionSnapshot } from "../../src/contract/session.ts";
import { createCore, type Core } from "../../src/main/host/core.ts";
import { namespacePods } from "../../test/parts/namespace-pod.ts";
import { CABLE } from "../upload/netem-link.ts";
import type { Case, Measured } from "./row.ts";

/** What the process is to do, as JSON in its argument. Absolute paths. */
export interface DeskJob {
  /** Empty: the account's machines and the core's data. */
  folder: string;
  stick: string;
  pod: { namespace: string; host: string };
  cases: Case[];
}

/** A line of its output. */
export type DeskLine = { clickedAt: number; measured: Measured } | { said: string };

const KEY = "rpa_bench";
const NEVER = new AbortController().signal;
const say = (line: DeskLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** The desktop's side: the core as the app has it, in the desktop's network namespace, and a Runpod beside it whose one machine is at the link's other end. */
async function main({ folder, stick, pod, cases }: DeskJob): Promise<void> {
  const socket = join(folder, "api");
  let port = 0;
  const machines = realMachines(join(folder, "machines"), namespacePods({ api: () => ({ port, socket }), network: { path: `/run/netns/${pod.namespace}`, host: pod.host } }));
  const account = new RunpodAccount({ clock: systemClock, key: KEY, machines, delays: NO_DELAYS });
  const server = await serveRunpod(account, socket);
  ({ port } = server);
  const runpod = new Runpod({ key: async () => KEY, clock: systemClock, url: server.url });
  const core = await createCore({ dataFolder: join(folder, "core"), shell: "background", provider: () => runpod });
  try {
    await core.endpointKeys.set("runpod", KEY);
    const bring = async (which: Case | null, choice: Omit<RunpodChoice, "kind">, disk: DiskEnd) => {
      await account.machines.settled();
      execFileSync("sync"); // what the last one left to be written must not burden this one
      if (which === null) await ready(core, { stick, host: { kind: "runpod", ...choice } });
      else say(await measure(core, which, { stick, host: { kind: "runpod", ...choice } }));
      await core.session.stop({ disk, evenUnsaved: true, withoutBackup: true });
      await until(core, ({ phase }) => phase === "stopped");
    };
    if (cases.includes("cold") || cases.includes("warm")) await bring(cases.includes("cold") ? "cold" : null, {}, cases.includes("warm") ? "keep" : "delete");
    if (cases.includes("warm")) await bring("warm", { podId: account.pods()[0]!.id }, "delete");
    if (cases.includes("volume")) {
      const { id: volumeId } = await runpod.createVolume({ name: "bench", gigabytes: 20, dataCenter: "EU-RO-1" });
      say({ said: "Filling the network volume" });
      await bring(null, { volumeId }, "keep");
      await bring("volume", { volumeId }, "keep");
    }
  } finally {
    await core.close();
    await server.close();
    await machines.close();
  }
}

type Request = Parameters<Core["start"]>[0];

async function measure(core: Core, which: Case, request: Request): Promise<DeskLine> {
  const [before, clickedAt] = [sentBytes(), Date.now()];
  const since = () => (Date.now() - clickedAt) / 1000;
  await ready(core, request);
  const readySeconds = since();
  const mentor = await core.mentor(NEVER);
  let firstWordSeconds: number | undefined;
  for await (const event of mentor.ask({ message: PRACTICE_QUESTIONS[0].question }, NEVER)) {
    if (event.type === "error") throw new Error(`The first question was not answered: ${event.message}`);
    if (event.type === "token") firstWordSeconds ??= since();
    if (event.type === "complete") break;
  }
  if (firstWordSeconds === undefined) throw new Error("The first question was answered without a word.");
  const steps = core.session.snapshot().steps.flatMap(({ id, startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [{ id, startedAt, seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 }]));
  return { clickedAt, measured: { case: which, readySeconds, firstWordSeconds, seconds: since(), bytesSent: sentBytes() - before, steps } };
}

async function ready(core: Core, request: Request): Promise<void> {
  await core.start(request);
  await until(core, ({ phase }) => phase === "ready");
}

async function until(core: Core, reached: (session: SessionSnapshot) => boolean): Promise<void> {
  const enough = new AbortController();
  for await (const _ of core.session.watch(undefined, enough.signal)) {
    const session = core.session.snapshot();
    if (reached(session)) enough.abort();
    else if (session.phase === "needs-help") throw new Error(session.error?.message ?? session.steps.find(({ error }) => error !== null)?.error?.message ?? "The session needs help.");
  }
}

/** By this end of the link since it was made. TCP's segments are counted before the system cuts them into packets: a header for 64 KiB. */
const sentBytes = (): number => Number(readFileSync(`/sys/class/net/${CABLE}/statistics/tx_bytes`, "utf8"));

await main(JSON.parse(process.argv[2]!) as DeskJob);
process.exit();
