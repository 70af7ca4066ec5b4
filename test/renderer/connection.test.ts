import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ready, stopped } from "../fakes/window/sessions.ts";
import { openStage } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { cuttableLine } from "../parts/cuttable-line.ts";
import { builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("the token leaves the address bar, and a reload still gets in", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  expect(page.url()).toBe(core.bareAddress);
  await page.reload();
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  await close();
  await core.close();
});

test("without a token the page says which address to open", async () => {
  const core = await openStage();
  const { page, close } = await openWindow(browser, core.bareAddress);
  await page.getByRole("heading", { name: "Open the address that the app printed" }).waitFor();
  expect(await page.getByRole("main").innerText()).toContain("npm start");
  await close();
  await core.close();
});

test("with a token that nobody accepts the page says what to do", async () => {
  const core = await openStage();
  const { page, close } = await openWindow(browser, `${core.bareAddress}#token=wrong-token`);
  await page.getByRole("heading", { name: "The app is not running" }).waitFor();
  expect(await page.getByRole("main").innerText()).toContain("npm start");
  await close();
  await core.close();
});

test("a screen that cannot be loaded says so, the rest of the window goes on, and loading again mends it", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.route(/\/Logs-.*\.js$/, (route) => route.abort());
  await page.getByRole("button", { name: "Logs" }).click();
  await page.getByRole("heading", { name: "This screen could not be shown" }).waitFor();
  await page.getByRole("button", { name: "Session" }).click();
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Logs" }).click();
  await page.getByRole("button", { name: "Load again" }).click();
  await page.getByLabel("Follow new lines").waitFor();
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Logs");
  await close();
  await core.close();
});

test("a lost connection is told calmly, and what changed meanwhile is there afterwards", async () => {
  const core = await openStage({ session: ready() });
  const line = await cuttableLine(core.port);
  const { page, close } = await openWindow(browser, core.address.replace(`:${core.port}/`, `:${line.port}/`), "session");
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  line.cut();
  await page.getByText("Reconnecting to the app").waitFor();
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("The mentor is ready");
  core.stage.session = stopped();
  line.mend();
  await page.getByRole("heading", { name: "The session has ended" }).waitFor();
  await page.getByText("Reconnecting to the app").waitFor({ state: "hidden" });
  await close();
  await line.close();
  await core.close();
});
