import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ready } from "../fakes/window/sessions.ts";
import { openStage } from "../fakes/window/staged-core.ts";
import { GOOD_STICK } from "../fakes/window/sticks.ts";
import { launchChromium } from "../parts/chromium.ts";
import { builtWindow, openWindow, tabTo } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("the keyboard alone leads from a plugged stick to a start on an SSH host", async () => {
  const core = await openStage({ sticks: [GOOD_STICK] });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByText("Mistral 7B Instruct v0.2").first().waitFor();

  await tabTo(page, "This computer");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "Address");
  await page.keyboard.type("root@203.0.113.7:22022");
  await tabTo(page, "Private key file");
  await page.keyboard.type("/home/anna/.ssh/id_ed25519");
  await tabTo(page, "Start Session");
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toEqual([
    { name: "start", input: { stick: GOOD_STICK.path, host: { kind: "ssh", address: "root@203.0.113.7:22022", identity: "/home/anna/.ssh/id_ed25519" } } },
  ]);
  expect(await page.evaluate("document.activeElement.tagName"), "the new screen's heading has the focus").toBe("H1");
  await close();
  await core.close();
});

test("a start that cannot be says why beside the button, and the button stays within reach", async () => {
  const core = await openStage();
  const { page, close } = await openWindow(browser, core.address);
  await page.getByText("Plug in a stick, or use a folder.").waitFor();
  await tabTo(page, "Start Session");
  await page.keyboard.press("Enter");
  const start = page.getByRole("button", { name: "Start Session" });
  expect(await start.getAttribute("aria-disabled")).toBe("true");
  expect(core.calls).toEqual([]);

  core.plug([GOOD_STICK]);
  await page.getByText("Mistral 7B Instruct v0.2 on this computer").waitFor();
  expect(await start.getAttribute("aria-disabled")).toBeNull();
  await close();
  await core.close();
});

test("stopping asks first, Escape keeps the session, and Enter on Stop now ends it", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  await tabTo(page, "Stop Session");
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("alertdialog").waitFor({ state: "hidden" });
  expect(core.calls).toEqual([]);

  await page.keyboard.press("Enter");
  await tabTo(page, "Stop now");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Stopping the session" }).waitFor();
  expect(core.calls.map(({ name }) => name)).toEqual(["stop"]);
  await close();
  await core.close();
});
