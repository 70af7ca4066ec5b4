import { execFileSync, spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { linkMissing, startLink, type Link } from "./link.ts";
import { bytesIn, measure } from "./measure.ts";
import { startMirror } from "./mirror.ts";
import { ours, oursWithMirror, warmUp } from "./ours.ts";
import { fastput } from "./peers/fastput.ts";
import { rclone } from "./peers/rclone.ts";
import { rsync } from "./peers/rsync.ts";
import { scp, scpWithDigest } from "./peers/scp.ts";
import { describeProfile, payloadLimit, PROFILES, type Profile } from "./profiles.ts";
import { toRow, type Row } from "./row.ts";
import { formatTable } from "./table.ts";
import type { Tool } from "./tool.ts";

const USAGE = `npm run bench:upload -- [--profiles A,B,C,D,E] [--mirror] [--size-mib N] [--file FILE] [--peers scp,rsync,rclone,fastput]
                        [--rounds N] [--timeout-s N] [--dir DIR] [--json FILE]

Sends the same file over the same link with every tool, and compares it after each.
  --mirror     also profile M, where the pod can get the file from a mirror too
  --size-mib   size of a random file; by default each profile has its own (2048, 1024, 512, 256)
  --file       send this file instead
  --rounds     repeats all tools, in turn, so often; the table then shows medians and (lowest–highest)
  --timeout-s  longest time of one tool; by default ten times what the link needs, and a minute
  --dir        where the file and its copies lie; needs twice the size
`;

const OURS: readonly Tool[] = [ours, oursWithMirror];
const PEERS: readonly Tool[] = [scp, rsync, rclone, fastput];
/** For the link without a limit, where nothing else hides what proving costs. */
const SLOWEST_CABLE = 50e6;

const say = (line: string) => process.stderr.write(`${line}\n`);

function choose<Item extends { name: string }>(names: string, items: readonly Item[], kind: string): Item[] {
  return names.split(",").filter(Boolean).map((name) => {
    const item = items.find((candidate) => candidate.name === name);
    if (item === undefined) throw new Error(`There is no ${kind} ${name}: choose from ${items.map((candidate) => candidate.name).join(", ")}.`);
    return item;
  });
}

/** Random, so that nothing on the way can compress it. */
function writeRandomFile(path: string, bytes: number): void {
  const piece = Buffer.alloc(Math.min(bytes, 16 * 2 ** 20));
  const file = openSync(path, "w");
  for (let left = bytes; left > 0; left -= piece.length) writeSync(file, randomFillSync(piece), 0, Math.min(piece.length, left));
  closeSync(file);
}

/** What all runs of one profile share. Absolute paths; `timeout` in seconds, where the caller set one. */
interface Run {
  rounds: number;
  file: string;
  folder: string;
  timeout: number | undefined;
  signal: AbortSignal;
  mirrorUrl?: string;
}

async function runTool(tool: Tool, profile: Profile, link: Link, { file, folder, timeout, signal, mirrorUrl }: Run): Promise<Row> {
  const total = statSync(file).size;
  const [target, scratch] = [join(folder, "pod"), join(folder, "scratch")];
  for (const place of [target, scratch]) mkdirSync(place);
  try {
    execFileSync("sync"); // what the last one left to be written must not burden this one
    const limit = timeout ?? (10 * total) / (payloadLimit(profile) ?? SLOWEST_CABLE) + 60;
    const measured = await measure(tool.command({ link, file, folder: target, scratch, mirrorUrl }), link.deskNamespace, target, limit, signal);
    const arrived = bytesIn(target);
    const copy = join(target, file.slice(file.lastIndexOf("/") + 1));
    const verified = measured.exitCode === 0 && !measured.timedOut && spawnSync("cmp", ["-s", file, copy]).status === 0;
    const row = toRow(profile, tool.name, total, arrived, verified, measured);
    say(`${profile.name} ${tool.name}: ${row.mbPerSecond.toFixed(1)} MB/s${row.timedOut ? ", out of time" : ""}${row.failure ? `, failed: ${row.failure}` : ""}${OURS.includes(tool) ? ` (${measured.output.trim()})` : ""}`);
    return row;
  } finally {
    for (const place of [target, scratch]) rmSync(place, { recursive: true, force: true });
  }
}

/** Nobody always goes first, on a fresh link and a rested machine. */
const inTurn = (tools: Tool[], turn: number): Tool[] => [...tools.slice(turn % tools.length), ...tools.slice(0, turn % tools.length)];

/** `turn`: how many times the order of the tools has moved on when it begins. */
async function runProfile(profile: Profile, tools: Tool[], turn: number, run: Run): Promise<Row[]> {
  const missing = linkMissing(profile);
  if (missing !== null) {
    say(`Profile ${profile.name} (${describeProfile(profile)}) is left out: ${missing}.`);
    return [];
  }
  say(`Profile ${profile.name}: ${describeProfile(profile)}, ${(statSync(run.file).size / 2 ** 20).toFixed(0)} MiB`);
  const rows: Row[] = [];
  const link = await startLink(profile);
  try {
    await using mirror = profile.mirrorMbit === undefined ? undefined : await startMirror(link, run.file, profile.mirrorMbit);
    for (let round = 1; round <= run.rounds; round++) {
      if (run.rounds > 1) say(`Round ${round} of ${run.rounds}`);
      for (const tool of inTurn(tools, turn + round - 1)) rows.push({ ...(await runTool(tool, profile, link, { ...run, mirrorUrl: mirror?.url })), ...(run.rounds > 1 && { round }) });
    }
  } finally {
    await link.stop();
  }
  return rows;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mirror: { type: "boolean" },
      profiles: { type: "string", default: "A,B,C,D,E" },
      peers: { type: "string", default: "scp,rsync,rclone,fastput" },
      "size-mib": { type: "string" },
      rounds: { type: "string", default: "1" },
      "timeout-s": { type: "string" },
      file: { type: "string" },
      dir: { type: "string", default: tmpdir() },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const positive = (text: string | undefined, name: string) => {
    if (text !== undefined && !(Number(text) > 0)) throw new Error(`--${name} needs a number above 0, not ${text}.`);
    return text === undefined ? undefined : Number(text);
  };
  const size = positive(values["size-mib"], "size-mib");
  const rounds = positive(values.rounds, "rounds")!;
  if (!Number.isInteger(rounds)) throw new Error(`--rounds needs a whole number, not ${values.rounds}.`);
  const timeout = positive(values["timeout-s"], "timeout-s");
  const peers = choose(values.peers, PEERS, "peer").filter((peer) => {
    const missing = peer.missing();
    if (missing !== null) say(`${peer.name} is left out: ${missing}.`);
    return missing === null;
  });
  warmUp();
  const folder = mkdtempSync(join(resolve(values.dir), "ai-mentor-bench-"));
  const rows: Row[] = [];
  // The link and the running tool are taken down first, or they would stay behind.
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.abort(new Error("Stopped.")));
  try {
    const names = new Set([...values.profiles.split(","), ...(values.mirror ? ["M"] : [])]);
    for (const [index, profile] of choose([...names].join(), PROFILES, "profile").entries()) {
      const file = values.file ?? join(folder, "payload.bin");
      if (values.file === undefined) writeRandomFile(file, Math.round((size ?? profile.sizeMib) * 2 ** 20));
      const proven = profile.rateMbit === 0 && peers.includes(scp) && scpWithDigest.missing() === null ? [scpWithDigest] : [];
      const mine = profile.mirrorMbit === undefined ? [ours] : [oursWithMirror, ours];
      rows.push(...(await runProfile(profile, [...mine, ...peers, ...proven], index, { rounds, file: resolve(file), folder, timeout, signal: stopped.signal })));
      if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(formatTable(rows));
  if (rows.length === 0 || rows.some(({ tool, verified }) => OURS.some(({ name }) => name === tool) && !verified)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
