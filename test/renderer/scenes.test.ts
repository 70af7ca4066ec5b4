import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { de } from "../../src/renderer/strings/de.ts";
import { en } from "../../src/renderer/strings/en.ts";
import { SCENES } from "../fakes/window/scenes.ts";
import { openStage, SETTINGS } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { axeViolations, builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const LANGUAGES = { en, de };

test.for(SCENES.flatMap((scene) => (["en", "de"] as const).map((language) => ({ ...scene, language }))))(
  "$name in $language is shown whole, and axe finds nothing in light or dark",
  async ({ view, stage, play, language }) => {
    const core = await openStage({ ...stage, settings: { ...(stage.settings ?? SETTINGS), language } });
    const { page, complaints, close } = await openWindow(browser, core.address, view);
    try {
      await page.locator(`html[lang="${language}"]`).waitFor();
      await play?.(page, LANGUAGES[language]);
      expect(await axeViolations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      expect(await axeViolations(page, "color-contrast"), "in the dark").toEqual([]);
      await page.setViewportSize({ width: 640, height: 400 });
      // What floats finds its new place a moment later.
      await expect.poll(() => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), { message: "nothing sticks out at 200 % zoom" }).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      await close();
      await core.close();
    }
  },
);
