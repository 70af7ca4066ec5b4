import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REHEARSAL_FAULT_NAMES, type RehearsalObstacle } from "../../src/contract/rehearsal.ts";
import { REHEARSED, REHEARSING } from "../fakes/window/rehearsals.ts";
import { openStage, SETTINGS } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("the first run leads into a rehearsal: a fault is chosen, its end shows the money and that nothing is left, and the introduction is over", async () => {
  const core = await openStage({ settings: { ...SETTINGS, welcomed: false }, rehearsal: REHEARSED });
  const { page, complaints, close } = await openWindow(browser, core.address);
  await page.getByRole("button", { name: "Rehearse renting a machine" }).click();
  await page.getByText("it costs nothing, and nothing leaves this computer").waitFor();
  await page.locator("summary").click();
  expect(await page.getByRole("radio").count()).toBe(1 + REHEARSAL_FAULT_NAMES.length);
  await page.getByRole("radio", { name: "The laptop goes away" }).click();
  await page.getByRole("button", { name: "Begin the rehearsal" }).click();

  await page.getByRole("heading", { name: "The rehearsal went well" }).waitFor();
  expect(core.calls).toEqual([{ name: "rehearse", input: { fault: "laptop-gone" } }]);
  const said = await page.locator("main").innerText();
  for (const words of ["It cost nothing. Nothing of it is left running. The machine stopped itself", "$0.02", "in truth nothing", "none left at the end", "a fifth of its points", "The receipt, as it would be"]) expect(said).toContain(words);
  // A pretended receipt is not to be mistaken for a real one.
  expect(await page.getByRole("button", { name: "Save the receipt" }).count()).toBe(0);

  await page.getByRole("button", { name: "Set up a session" }).click();
  await page.getByRole("heading", { name: "Start a session" }).waitFor();
  expect(core.stage.settings.welcomed).toBe(true);
  expect(complaints).toEqual([]);
  await close();
  await core.close();
});

test("one that is cancelled counts as over only when all of it has been cleared away", async () => {
  const core = await openStage({ rehearsal: REHEARSING });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("button", { name: "Rehearse renting a machine" }).click();
  await page.getByText("Takes a few minutes").waitFor();
  await page.getByRole("button", { name: "Begin the rehearsal" }).click();
  await page.getByText("Would have cost so far").waitFor();
  // Elsewhere in the window it is one click away, and goes on.
  await page.getByRole("button", { name: "Home" }).click();
  await page.getByRole("navigation").getByRole("button", { name: "Rehearsal" }).click();
  let clear = (): void => undefined;
  core.stage.obstacle = new Promise<null>((resolve) => (clear = () => resolve(null)));
  await page.getByRole("button", { name: "Cancel the rehearsal" }).click();
  await page.getByRole("heading", { name: "Cancelling …" }).waitFor();
  clear();
  await page.getByText("The rehearsal was cancelled. Nothing of it is left running.").waitFor();
  expect(await page.getByRole("button", { name: "Rehearse again" }).isVisible()).toBe(true);
  await close();
  await core.close();
});

const OBSTACLES: { reason: RehearsalObstacle["reason"]; ports?: number[]; words: string }[] = [
  { reason: "platform", words: "A rented machine runs Linux" },
  { reason: "sshd", words: "OpenSSH's server is not installed" },
  { reason: "ports", ports: [8080, 19530], words: "Ports 8080, 19530 are in use on this computer" },
  { reason: "held", words: "One is being held already" },
];

test.for(OBSTACLES)("where none can be held ($reason), that is said before it begins, and looked at again", async ({ words, ...obstacle }) => {
  const core = await openStage({ obstacle: { ...obstacle, message: "" } });
  const { page, close } = await openWindow(browser, core.address, "rehearsal");
  await page.getByText(words).waitFor();
  const begin = page.getByRole("button", { name: "Begin the rehearsal" });
  expect(await begin.getAttribute("aria-disabled")).toBe("true");
  await begin.click({ force: true });
  expect(core.calls).toEqual([]);
  core.stage.obstacle = null;
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByText("Takes a few minutes").waitFor();
  expect(await begin.getAttribute("aria-disabled")).toBeNull();
  await close();
  await core.close();
});
