import { gzipSync } from "node:zlib";
import type { Browser } from "@playwright/test";
import { PROBE } from "./probe.ts";

export interface Load {
  /** Milliseconds after the navigation began. */
  firstPaint: number;
  /** The first screen is there, connected, and its button can be pressed. */
  interactive: number;
  /** Bytes of all scripts, each compressed by gzip. */
  scriptGzipBytes: number;
}

/** One cold load: a browser context that has cached nothing. */
export async function coldLoad(browser: Browser, address: string): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  await context.addInitScript(PROBE);
  const page = await context.newPage();
  const scripts: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") scripts.push(response.body().then((body) => gzipSync(body).length));
  });
  // Set in the page, at the very moment: a question from here would come late.
  await context.addInitScript(`new MutationObserver(() => {
    const button = [...document.querySelectorAll("button.big")].at(-1);
    if (!window.interactiveAt && button && !button.hasAttribute("aria-disabled")) window.interactiveAt = performance.now();
  }).observe(document, { childList: true, subtree: true, attributes: true });`);
  await page.goto(address);
  await page.locator("button.big:not([aria-disabled])").waitFor();
  const [firstPaint, interactive] = await page.evaluate<[number, number]>(`[performance.getEntriesByName("first-contentful-paint")[0].startTime, window.interactiveAt]`);
  await page.waitForLoadState("networkidle");
  const scriptGzipBytes = (await Promise.all(scripts)).reduce((sum, bytes) => sum + bytes, 0);
  await context.close();
  return { firstPaint, interactive, scriptGzipBytes };
}
