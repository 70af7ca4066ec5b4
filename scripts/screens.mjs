// Writes a picture of the window's states, light and dark, into docs/screens: the main ones, or with
// --all every state in two sizes. Words keep only the states whose names contain one of them, and
// --to FOLDER writes elsewhere.
import { parseArgs } from "node:util";
import { mkdir } from "node:fs/promises";
import { launchChromium } from "../test/parts/chromium.ts";
import { SCENES } from "../test/fakes/window/scenes.ts";
import { openStage } from "../test/fakes/window/staged-core.ts";

const MAIN = ["home-no-stick", "home-stick", "home-ssh", "home-endpoint", "session-uploading", "help-host-changed", "session-ready", "session-stopped", "chat-answer", "course", "logs", "settings"];
const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: "boolean", default: false }, to: { type: "string", default: "docs/screens" } } });
const folder = values.to;
const sizes = values.all ? [{ width: 1280, height: 800 }, { width: 900, height: 600 }] : [{ width: 1280, height: 800 }];
const wanted = (name) => (positionals.length > 0 ? positionals.some((word) => name.includes(word)) : values.all || MAIN.includes(name));

await mkdir(folder, { recursive: true });
const browser = await launchChromium();
for (const { name, view, stage, play } of SCENES) {
  if (!wanted(name)) continue;
  const core = await openStage(stage);
  for (const size of sizes) {
    const context = await browser.newContext({ viewport: size, colorScheme: "light", reducedMotion: "reduce" });
    await context.addInitScript(`sessionStorage.setItem("ai-mentor.view", "${view}")`);
    const page = await context.newPage();
    await page.goto(core.address);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForTimeout(150);
    await play?.(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: `${folder}/${name}-${size.width}-${colorScheme}.png` });
    }
    await context.close();
  }
  await core.close();
}
await browser.close();
