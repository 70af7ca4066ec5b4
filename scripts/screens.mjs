// Writes a picture of every state of the window into docs/screens (or the folder given), light and
// dark, in two sizes. Words after the folder keep only the scenes whose names contain one of them.
import { mkdir } from "node:fs/promises";
import { launchChromium } from "../test/parts/chromium.ts";
import { SCENES } from "../test/fakes/window/scenes.ts";
import { openStage } from "../test/fakes/window/staged-core.ts";

const SIZES = [{ width: 1280, height: 800 }, { width: 900, height: 600 }];
const [folder = "docs/screens", ...only] = process.argv.slice(2);

await mkdir(folder, { recursive: true });
const browser = await launchChromium();
for (const { name, view, stage, play } of SCENES) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
  const core = await openStage(stage);
  for (const size of SIZES) {
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
