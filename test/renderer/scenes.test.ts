import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SCENES } from "../fakes/window/scenes.ts";
import { openStage } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { axeViolations, builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test.for(SCENES)("$name is shown whole, and axe finds nothing in light or dark", async ({ view, stage, play }) => {
  const core = await openStage(stage);
  const { page, complaints, close } = await openWindow(browser, core.address, view);
  try {
    await play?.(page);
    expect(await axeViolations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    expect(await axeViolations(page, "color-contrast"), "in the dark").toEqual([]);
    await page.setViewportSize({ width: 640, height: 400 });
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "nothing sticks out at 200 % zoom").toBe(0);
    expect(complaints).toEqual([]);
  } finally {
    await close();
    await core.close();
  }
});
