import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, onTestFinished, test } from "vitest";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { PRACTICE_QUESTIONS } from "../../src/adapters/practice/course.ts";
import { makePracticeStick } from "../../src/adapters/practice/stick.ts";
import { hostCore } from "../../src/main/host/hosting.ts";
import { launchChromium } from "../parts/chromium.ts";
import { endSession } from "../parts/end-session.ts";
import { openLossyLine } from "../parts/lossy-line.ts";
import { Slots } from "../parts/slots.ts";
import { sshHostMissing, startSshHost } from "../parts/ssh-host.ts";
import { builtWindow, openWindow } from "../renderer/window.ts";

const MINUTES = 15 * 60_000;
const SIZES = [{ width: 900, height: 600 }, { width: 1280, height: 800 }];

/** `AI_MENTOR_JOURNEY=FOLDER` leaves a picture of each stop there, at both sizes, light and dark. */
const PICTURES = process.env.AI_MENTOR_JOURNEY;

let stops = 0;

/** Looks at a stop of the journey: at both sizes nothing sticks out. */
async function look(page: Page, name: string): Promise<void> {
  stops += 1;
  for (const size of SIZES) {
    await page.setViewportSize(size);
    expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), `${name} at ${size.width}`).toBe(0);
    for (const colorScheme of PICTURES === undefined ? [] : (["dark", "light"] as const)) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(PICTURES!, `${String(stops).padStart(2, "0")}-${name}-${size.width}-${colorScheme}.png`) });
    }
  }
}

test("a host over SSH in the window: added, started, cancelled, lost and found, asked, backed up, restored, stopped", { timeout: MINUTES }, async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  if (PICTURES !== undefined) await mkdir(PICTURES, { recursive: true });
  await builtWindow();
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  const [user, at, port] = host.address.split(/[@:]/) as [string, string, string];
  const line = await openLossyLine(Number(port), at);
  // Slow enough that what is sent can be seen.
  line.limit(30e6);
  onTestFinished(() => line.close());
  const folder = await mkdtemp(join(tmpdir(), "ai-mentor-window-ssh-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const stick = await makePracticeStick({ dataFolder: folder, cacheDir: cacheFolder() });
  const slots = new Slots();
  slots.plug([{ path: stick, label: "COURSE", removable: true, readOnly: false, sizeBytes: null }]);
  const hosted = (await hostCore({ dataFolder: join(folder, "home"), shell: "background", drives: slots }))!;
  onTestFinished(() => endSession(hosted));
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const { page, complaints, close } = await openWindow(browser, hosted.url);
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();

  await page.getByText("Good to go").waitFor();
  await look(page, "welcome-stick");
  await press("Next");
  await page.getByRole("radio", { name: "Another machine (SSH)" }).click();
  await page.getByLabel("Address", { exact: true }).fill(`${user}@127.0.0.1:${line.port}`);
  await page.getByLabel("Private key file").fill(host.identity);
  await look(page, "welcome-host");
  await press("Next");
  await look(page, "welcome-ready");
  await press("Start Session");

  // A start that is cancelled leaves nothing running, and the choices as they were.
  const bringing = page.locator(".step.running").getByText("Bring the tools");
  await bringing.waitFor({ timeout: MINUTES });
  await look(page, "starting");
  await press("Cancel the start");
  await page.getByRole("heading", { name: "The session has ended" }).waitFor({ timeout: 60_000 });
  await look(page, "cancelled");
  await expect.poll(() => host.processes()).toEqual([]);
  await press("Start another session");
  await look(page, "home");
  line.setDown(true);
  await press("Start Session");

  // The host cannot be reached: what happened, what was kept, what to press; and the same button goes on from there.
  await page.getByRole("heading", { name: "The session needs your help" }).waitFor({ timeout: 60_000 });
  await look(page, "needs-help");
  line.setDown(false);
  await press("Retry");
  // The line breaks while the model is sent: that is told, and the sending goes on by itself.
  await page.locator(".step.running").getByText("Send the model").waitFor({ timeout: MINUTES });
  line.setDown(true);
  await page.getByText(/^No connection to .* for \d+\ss; trying again/).waitFor({ timeout: 60_000 });
  await page.locator(".step.running").filter({ hasText: "Send the model" }).getByText("Waiting for the line to the host").waitFor();
  await look(page, "line-cut");
  line.setDown(false);
  await page.getByText(/^The connection to .* is back/).first().waitFor({ timeout: 60_000 });
  // A program that ran over the line may have been cut off as well: then one press goes on.
  const ready = page.getByRole("heading", { name: "The mentor is ready" });
  await ready.or(page.getByRole("heading", { name: "The session needs your help" })).waitFor({ timeout: MINUTES });
  if (!(await ready.isVisible())) await press("Retry");
  await ready.waitFor({ timeout: MINUTES });
  await look(page, "ready");

  await press("Ask a question");
  await page.getByLabel("Your question").fill(PRACTICE_QUESTIONS[0].question);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copy the answer" }).waitFor({ timeout: MINUTES });
  const sources = page.getByRole("complementary");
  expect(await sources.innerText()).toContain(PRACTICE_QUESTIONS[0].file);
  await sources.getByText("Read the passage").first().click();
  await look(page, "answer");
  const opening = page.context().waitForEvent("page");
  await sources.getByRole("button", { name: /^Open/ }).first().click();
  const document = await opening;
  await document.waitForLoadState();
  expect((await page.request.get(document.url())).status()).toBe(200);
  await document.close();

  await press("Backups");
  await page.getByText("No backup yet").waitFor();
  await look(page, "backups-none");
  await press("Back up now");
  await page.getByText("The backup is complete and proven").waitFor({ timeout: MINUTES });
  await look(page, "backed-up");
  await press("Restore");
  await page.getByRole("alertdialog").getByText("It replaces 5 documents").waitFor();
  await look(page, "restore");
  await page.getByRole("alertdialog").getByRole("button", { name: "Restore" }).click();
  await page.getByText("The course answers from the backup now: 5 documents").waitFor({ timeout: MINUTES });
  await look(page, "restored");

  await page.getByRole("navigation").getByRole("button", { name: "Session" }).click();
  await press("Stop Session");
  await look(page, "stop");
  await press("Stop now");
  await page.getByRole("heading", { name: "Receipt" }).waitFor({ timeout: MINUTES });
  await look(page, "receipt");
  await expect.poll(() => host.processes()).toEqual([]);
  await page.getByRole("navigation").getByRole("button", { name: "Settings" }).click();
  await page.getByRole("region", { name: "Receipts" }).getByRole("row").nth(1).waitFor();
  await look(page, "settings");
  expect(complaints).toEqual([]);
  await close();
});
