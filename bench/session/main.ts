import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { compileCache } from "../../scripts/setup/hand-over.mjs";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { CORE_FLAGS } from "../../src/main/host/client.ts";
import { makeKit } from "../../src/main/host/kit.ts";
import { namespacePodsMissing } from "../../test/parts/namespace-pod.ts";
import { linkMissing, startLink, type Link } from "../upload/link.ts";
import { describeProfile, PROFILES, type Profile } from "../upload/profiles.ts";
import type { DeskJob, DeskLine } from "./desk-process.ts";
import { makePaddedStick } from "./padded-stick.ts";
import { CASES, formatTable, toRow, type Case, type Row } from "./row.ts";

const USAGE = `npm run bench:session -- [--cases cold,warm,volume] [--model-mib 2048] [--profile B] [--dir DIR] [--json FILE]

Rents a machine of a pretended Runpod, without boot delay, at the other end of an emulated link, and measures from the
click to the first answer, beside what the line and the load of the model take at least.
  --cases      cold: a new machine; warm: the same disk again; volume: a new machine with a network volume that holds all
  --model-mib  size of the model: the small real one, padded
  --dir        where the stick and the machine's disk lie; needs three times the model's size
`;

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @param onRow called as soon as each session has ended */
async function measure(link: Link, job: DeskJob, profile: Profile, modelBytes: number, onRow: (row: Row) => void): Promise<void> {
  const words = ["netns", "exec", link.deskNamespace, process.execPath, ...CORE_FLAGS, join(import.meta.dirname, "desk-process.ts"), JSON.stringify(job)];
  // The app, from its second start on: with what Node has compiled before.
  const env = { NODE_COMPILE_CACHE: compileCache(join(import.meta.dirname, "../..")), ...process.env };
  const desk = spawn("ip", words, { stdio: ["ignore", "pipe", "inherit"], env });
  const stop = () => void desk.kill();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, stop);
  const ended = once(desk, "close") as Promise<[number | null]>;
  for await (const line of createInterface({ input: desk.stdout })) {
    const told = JSON.parse(line) as DeskLine;
    if ("said" in told) say(told.said);
    else onRow(toRow(profile, modelBytes, told.clickedAt, told.measured));
  }
  const [code] = await ended;
  if (code !== 0) throw new Error("The sessions did not come to their end.");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: CASES.join() },
      "model-mib": { type: "string", default: "2048" },
      profile: { type: "string", default: "B" },
      dir: { type: "string", default: tmpdir() },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const cases = values.cases.split(",") as Case[];
  const unknown = cases.find((name) => !CASES.includes(name));
  if (unknown !== undefined) throw new Error(`There is no case ${unknown}: choose from ${CASES.join(", ")}.`);
  const modelBytes = Math.round(Number(values["model-mib"]) * 2 ** 20);
  if (!(modelBytes > 0)) throw new Error(`--model-mib needs a number above 0, not ${values["model-mib"]}.`);
  const profile = PROFILES.find(({ name }) => name === values.profile);
  if (profile === undefined || profile.rateMbit === 0) throw new Error(`--profile needs a link with a rate, not ${values.profile}.`);
  const missing = linkMissing(profile) ?? namespacePodsMissing;
  if (missing !== null) throw new Error(`Nothing can be measured here: ${missing}.`);

  const folder = mkdtempSync(join(values.dir, "ai-mentor-bench-session-"));
  const rows: Row[] = [];
  try {
    say(`Profile ${profile.name}: ${describeProfile(profile)}; a model of ${values["model-mib"]} MiB`);
    const stick = await makePaddedStick(folder, cacheFolder(), modelBytes);
    // Made once for each version of the app, from the network: no part of a session.
    await makeKit({ cacheDir: cacheFolder(), platform: "linux-x64", python: null, milvusServer: true, gpu: "cpu", archives: true });
    const desk = join(folder, "desk");
    mkdirSync(desk);
    const link = await startLink(profile);
    try {
      await measure(link, { folder: desk, stick, pod: { namespace: link.podNamespace, host: link.host }, cases }, profile, modelBytes, (row) => {
        say(`${row.case}: ${row.seconds.toFixed(1)} s, floor ${row.floorSeconds.toFixed(1)} s, limit ${row.limitSeconds.toFixed(1)} s`);
        rows.push(row);
        if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
      });
    } finally {
      await link.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
  process.stdout.write(formatTable(rows));
  if (rows.some(({ met }) => !met)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
