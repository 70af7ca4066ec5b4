import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, SETTINGS } from "../fakes/window/staged-core.ts";
import { GOOD_STICK, PRACTICE_STICK } from "../fakes/window/sticks.ts";
import { launchChromium } from "../parts/chromium.ts";
import { builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const NEW_HERE = { ...SETTINGS, welcomed: false };

test("the first run leads in three steps from the stick to the start, and does not come again", async () => {
  const core = await openStage({ settings: NEW_HERE });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("heading", { name: "Plug in the stick", exact: true }).waitFor();
  core.plug([GOOD_STICK]);
  await page.getByText("Good to go").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("heading", { name: "Choose where the mentor runs" }).waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Start Session" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toEqual([{ name: "start", input: { stick: GOOD_STICK.path, host: { kind: "local" } } }]);
  await expect.poll(() => core.stage.settings.welcomed).toBe(true);
  await page.getByRole("button", { name: "Home" }).click();
  await page.getByRole("heading", { name: "The mentor is starting" }).waitFor();
  await close();
  await core.close();
});

test("the host that was typed in the first run and that the run is over are both kept", async () => {
  const core = await openStage({ settings: NEW_HERE, sticks: [GOOD_STICK] });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByText("Good to go").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("radio", { name: "Another machine (SSH)" }).click();
  await page.getByLabel("Address", { exact: true }).fill("root@203.0.113.7");
  await page.getByLabel("Private key file").fill("/home/anna/.ssh/id_ed25519");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Start Session" }).click();
  await expect.poll(() => core.stage.settings).toMatchObject({ welcomed: true, hosts: [{ address: "root@203.0.113.7" }] });
  await close();
  await core.close();
});

test("every step can be left for practice", async () => {
  const core = await openStage({ settings: NEW_HERE, practice: [{ type: "done", stick: PRACTICE_STICK }] });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Practice on this computer" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls.map(({ name }) => name)).toEqual(["start"]);
  await close();
  await core.close();
});

test("it can be skipped, and be had again from the settings", async () => {
  const core = await openStage({ settings: NEW_HERE });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("button", { name: "Skip the introduction" }).click();
  await page.getByRole("heading", { name: "Start a session" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Start a session" }).waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Show the introduction again" }).click();
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  expect(core.stage.settings.welcomed).toBe(false);
  await close();
  await core.close();
});

test("the language follows the browser until the person chooses, and is changed at once", async () => {
  const core = await openStage({ settings: { ...SETTINGS, language: "system" } });
  const context = await browser.newContext({ locale: "de-AT" });
  const page = await context.newPage();
  await page.goto(core.address);
  await page.getByRole("heading", { name: "Eine Sitzung starten" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  await page.getByRole("button", { name: "Einstellungen" }).click();
  await page.getByRole("radio", { name: "English" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  expect(core.stage.settings.language).toBe("en");
  await page.reload();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await context.close();
  await core.close();
});
