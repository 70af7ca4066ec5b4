// Writes a picture of the window's states into docs/screens: every state in light, the main ones in dark
// too, one in German, one in a small window. --all takes every state in both sizes, schemes and
// languages. Words keep only the states whose names contain one of them; --to FOLDER writes elsewhere.
import { parseArgs } from "node:util";
import { mkdir } from "node:fs/promises";
import { en } from "../src/renderer/strings/en.ts";
import { de } from "../src/renderer/strings/de.ts";
import { launchChromium } from "../test/parts/chromium.ts";

const DARK = ["welcome-stick", "home-stick", "home-ready", "home-rent", "rehearsal", "session-uploading", "session-rented", "help-guard", "chat-answer", "backups", "logs"];
const GERMAN = ["home-stick", "rehearsal", "session-uploading", "chat-answer", "settings"];
const SMALL = ["home-stick", "session-uploading", "chat-answer", "backups"];
const SIZES = { 1280: { width: 1280, height: 800 }, 900: { width: 900, height: 600 } };
const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: "boolean", default: false }, to: { type: "string", default: "docs/screens" } } });
const wanted = (name) => positionals.length === 0 || positionals.some((word) => name.includes(word));

// Every picture shows the same moment, whenever it is taken: what differs from the last one has changed.
const MOMENT = Date.UTC(2026, 10, 24, 9, 0);
const realNow = Date.now;
Date.now = () => MOMENT;
const { SCENES } = await import("../test/fakes/window/scenes.ts");
const { openStage, SETTINGS } = await import("../test/fakes/window/staged-core.ts");
Date.now = realNow;

await mkdir(values.to, { recursive: true });
const browser = await launchChromium();
for (const { name, view, stage, height, play } of SCENES) {
  if (!wanted(name)) continue;
  for (const [language, words] of Object.entries({ en, de })) {
    for (const [width, size] of Object.entries(SIZES)) {
      const main = language === "en" && width === "1280";
      if (!values.all && !main && !(language === "de" && width === "1280" && GERMAN.includes(name)) && !(language === "en" && width === "900" && SMALL.includes(name))) continue;
      const core = await openStage({ ...stage, settings: { ...(stage.settings ?? SETTINGS), language } });
      const viewport = width === "1280" && height !== undefined ? { ...size, height } : size;
      const context = await browser.newContext({ viewport, timezoneId: "UTC", colorScheme: "light", reducedMotion: "reduce" });
      await context.clock.setFixedTime(MOMENT);
      await context.addInitScript(`sessionStorage.setItem("ai-mentor.view", "${view}"); localStorage.setItem("ai-mentor.language", "${language}")`);
      const page = await context.newPage();
      await page.goto(core.address);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForTimeout(150);
      await play?.(page, words);
      // Nothing is shown as pointed at because it lies where the last press was.
      await page.mouse.move(0, 0);
      await page.waitForTimeout(200);
      for (const colorScheme of values.all || (main && DARK.includes(name)) ? ["light", "dark"] : ["light"]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.waitForTimeout(50);
        await page.screenshot({ path: `${values.to}/${name}-${width}${language === "en" ? "" : `-${language}`}-${colorScheme}.png` });
      }
      await context.close();
      await core.close();
    }
  }
}
await browser.close();
