// `npm run bench:window [-- --json FILE] [-- --rounds N]`: the window in a real Chromium, fed by a stand-in
// core over the real socket. What each figure means: docs/benchmarks.md.
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { ready } from "../../test/fakes/window/sessions.ts";
import { openStage } from "../../test/fakes/window/staged-core.ts";
import { GOOD_STICK } from "../../test/fakes/window/sticks.ts";
import { launchChromium } from "../../test/parts/chromium.ts";
import { builtWindow } from "../../test/renderer/window.ts";
import { flood, heapAfter } from "./flood.ts";
import { coldLoad } from "./load.ts";
import { percentile } from "./probe.ts";

const { values } = parseArgs({ options: { json: { type: "string" }, rounds: { type: "string", default: "5" } } });
const HEAP_LINES = 200_000;

interface Row {
  figure: string;
  value: number;
  unit: string;
  target: string;
  reached: boolean;
}

await builtWindow();
const browser = await launchChromium();
const rows: Row[] = [];
const row = (figure: string, value: number, unit: string, sign: "<=" | ">=", target: number) =>
  rows.push({ figure, value: Math.round(value * 10) / 10, unit, target: `${sign} ${target}`, reached: sign === "<=" ? value <= target : value >= target });
try {
  const still = await openStage({ sticks: [GOOD_STICK] });
  const loads: Awaited<ReturnType<typeof coldLoad>>[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) loads.push(await coldLoad(browser, still.address));
  await still.close();
  const middle = (pick: (load: (typeof loads)[number]) => number) => percentile(loads.map(pick), 0.5);
  row("first paint after a cold load", middle(({ firstPaint }) => firstPaint), "ms", "<=", 1000);
  row("interactive after a cold load", middle(({ interactive }) => interactive), "ms", "<=", 1000);
  row("JavaScript before interaction, gzip", middle(({ scriptGzipBytes }) => scriptGzipBytes) / 1000, "kB", "<=", 300);

  const core = await openStage({ session: ready(), endlessAnswerMs: 25 });
  for (const view of ["logs", "chat"] as const) {
    const { page, close, ...seen } = await flood(browser, core, view);
    row(`${view}: frames a second at ${Math.round(seen.linesPerSecond)} lines/s and an answer`, seen.framesPerSecond, "fps", ">=", 55);
    row(`${view}: frames in the worst second`, seen.framesInWorstSecond, "fps", ">=", 55);
    row(`${view}: longest task`, seen.longestTask, "ms", "<=", 100);
    if (seen.tokenToScreenP95 !== null) row("token to screen, p95", seen.tokenToScreenP95, "ms", "<=", 50);
    if (view === "chat") row(`heap after ${HEAP_LINES.toLocaleString("en")} lines`, (await heapAfter(page, core, HEAP_LINES)) / 1e6, "MB", "<=", 250);
    await close();
  }
  await core.close();
} finally {
  await browser.close();
}

const lines = rows.map(({ figure, value, unit, target, reached }) => `| ${figure} | ${value} ${unit} | ${target} | ${reached ? "reached" : "missed"} |`);
process.stdout.write(`Chromium ${browser.version()}, ${availableParallelism()} processors\n\n| figure | value | target | |\n|---|---|---|---|\n${lines.join("\n")}\n`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
