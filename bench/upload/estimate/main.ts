// `npm run bench:estimate`: does the time that the window shows early in an upload prove right? What the
// figures mean: docs/benchmarks.md.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { CORE_FLAGS } from "../../../src/main/host/client.ts";
import { linkMissing, startLink } from "../link.ts";
import { describeProfile, payloadLimit, PROFILES, type Profile } from "../profiles.ts";
import { replay, type Recording } from "./recording.ts";
import type { SenderJob } from "./sender-process.ts";
import { formatVerdicts, judge, RIGHT, shownTotal } from "./verdict.ts";

const USAGE = `npm run bench:estimate -- [--profiles B,C,D,E] [--runs N] [--seconds N] [--at-s N] [--dir DIR] [--json FILE]
npm run bench:estimate -- --replay FILE [--at-s N]

Uploads over emulated links, and compares the expected end that the window shows --at-s seconds into each with the true one.
  --runs     uploads for each profile, each over a new link (3)
  --seconds  how long an upload would take at four fifths of what the link carries (75)
  --at-s     when the window is looked at (30)
  --dir      where the pod keeps what it gets
  --replay   looks again at the recordings in FILE, with the estimator of today; needs no link
`;

/** What an upload is expected to use of its link when its size is chosen. */
const SHARE = 0.8;
const say = (line: string) => process.stderr.write(`${line}\n`);

async function record(profile: Profile, bytes: number, atSeconds: number, base: string, signal: AbortSignal): Promise<Recording> {
  const place = mkdtempSync(join(base, "ai-mentor-estimate-"));
  const link = await startLink(profile);
  try {
    const [folder, scratch] = [join(place, "pod"), join(place, "scratch")];
    for (const made of [folder, scratch]) mkdirSync(made);
    const job: SenderJob = { link, bytes, folder, scratch, atSeconds };
    const words = ["netns", "exec", link.deskNamespace, process.execPath, ...CORE_FLAGS, join(import.meta.dirname, "sender-process.ts"), JSON.stringify(job)];
    const { stdout } = await promisify(execFile)("ip", words, { signal, maxBuffer: 64 * 2 ** 20 });
    return { profile: profile.name, ...(JSON.parse(stdout) as Omit<Recording, "profile">) };
  } finally {
    await link.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      profiles: { type: "string", default: "B,C,D,E" },
      runs: { type: "string", default: "3" },
      seconds: { type: "string", default: "75" },
      "at-s": { type: "string", default: "30" },
      dir: { type: "string", default: tmpdir() },
      replay: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const [runs, seconds, atSeconds] = (["runs", "seconds", "at-s"] as const).map((name) => {
    if (!(Number(values[name]) > 0)) throw new Error(`--${name} needs a number above 0, not ${values[name]}.`);
    return Number(values[name]);
  }) as [number, number, number];
  const recordings: Recording[] = [];
  if (values.replay !== undefined) {
    const kept = JSON.parse(readFileSync(values.replay, "utf8")) as Recording[];
    recordings.push(...kept.map((recording) => ({ ...recording, seen: replay(recording, atSeconds) })));
  } else {
    const stopped = new AbortController();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.abort(new Error("Stopped.")));
    for (let run = 1; run <= runs; run++) {
      for (const name of values.profiles.split(",")) {
        const profile = PROFILES.find((candidate) => candidate.name === name);
        const limit = profile && payloadLimit(profile);
        if (profile === undefined || limit == null) throw new Error(`There is no profile ${name} with a limit.`);
        const missing = linkMissing(profile);
        if (missing !== null) throw new Error(`Profile ${name} cannot be made here: ${missing}.`);
        const recording = await record(profile, Math.round(limit * SHARE * seconds), atSeconds, resolve(values.dir), stopped.signal);
        recordings.push(recording);
        say(`${name} (${describeProfile(profile)}): ${shownTotal(recording.seen, atSeconds).likely.toFixed(0)} s expected, ${recording.seconds.toFixed(0)} s taken`);
        if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(recordings)}\n`);
      }
    }
  }
  const verdicts = recordings.map((recording) => judge(recording, shownTotal(recording.seen, atSeconds)));
  process.stdout.write(formatVerdicts(verdicts, atSeconds));
  if (verdicts.filter(({ miss }) => Math.abs(miss) <= RIGHT).length < 0.9 * verdicts.length) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
