import type { Browser, Page } from "@playwright/test";
import { logLines } from "../../test/fakes/window/scenes.ts";
import type { openStage } from "../../test/fakes/window/staged-core.ts";
import { frameRates, percentile, PROBE, WATCH_TOKENS } from "./probe.ts";

type Stage = Awaited<ReturnType<typeof openStage>>;

export interface Flood {
  framesPerSecond: number;
  framesInWorstSecond: number;
  /** Milliseconds. */
  longestTask: number;
  longTasksOver100: number;
  linesPerSecond: number;
  tokenToScreenP95: number | null;
}

const PER_BATCH = 500;
const BATCHES_PER_SECOND = 10;
const SECONDS = 12;

/** Lines arrive and an answer streams, while the given screen is looked at. */
export async function flood(browser: Browser, core: Stage, view: "logs" | "chat"): Promise<Flood & { page: Page; close(): Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript(PROBE);
  await context.addInitScript(`sessionStorage.getItem("ai-mentor.view") ?? sessionStorage.setItem("ai-mentor.view", "chat")`);
  const page = await context.newPage();
  await page.goto(core.address);
  await page.getByLabel("Your question").fill("Go on");
  await page.keyboard.press("Enter");
  await page.getByText("@").first().waitFor();
  if (view === "logs") await page.getByRole("button", { name: "Logs" }).click();
  else await page.evaluate(WATCH_TOKENS);
  await page.waitForTimeout(1000);
  await page.evaluate("probe.frames.length = probe.long.length = probe.tokens.length = 0");
  const begun = performance.now();
  const sent = await pour(core, SECONDS);
  const took = (performance.now() - begun) / 1000;
  const { frames, long, tokens } = await page.evaluate<{ frames: number[]; long: number[]; tokens: number[] }>("structuredClone(probe)");
  const { mean, worst } = frameRates(frames);
  return {
    framesPerSecond: mean,
    framesInWorstSecond: worst,
    longestTask: Math.max(0, ...long),
    longTasksOver100: long.filter((duration) => duration > 100).length,
    linesPerSecond: sent / took,
    tokenToScreenP95: view === "chat" ? percentile(tokens, 0.95) : null,
    page,
    close: () => context.close(),
  };
}

let next = 0;

/** Batches as the core sends them: at most ten a second. Resolves with the lines sent. */
export async function pour(core: Stage, seconds: number): Promise<number> {
  const begun = performance.now();
  let sent = 0;
  for (let batch = 0; batch < seconds * BATCHES_PER_SECOND; batch += 1) {
    core.log(logLines(PER_BATCH, next));
    next += PER_BATCH;
    sent += PER_BATCH;
    const due = begun + ((batch + 1) * 1000) / BATCHES_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
  return sent;
}

/** The page's heap after so many lines, when everything that can be freed is. Bytes. */
export async function heapAfter(page: Page, core: Stage, lines: number): Promise<number> {
  while (next < lines) {
    core.log(logLines(1000, next));
    next += 1000;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await page.waitForTimeout(2000);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize;
}
