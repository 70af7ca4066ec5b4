import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lineGone, ready, stopped } from "../fakes/window/sessions.ts";
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

test("that the line to the host is gone, and that it is back, is told on every screen, without a figure that is not true any more", async () => {
  const core = await openStage({ session: lineGone() });
  const { page, close } = await openWindow(browser, core.address, "session");
  const gone = page.getByText(/No connection to root@203\.0\.113\.7:22022 for \d+\ss; trying again/);
  await gone.waitFor();
  await page.getByText("0 B/s").waitFor();
  expect(await page.getByRole("main").innerText()).not.toMatch(/left|expected/i);
  await page.getByRole("button", { name: "Logs" }).click();
  await gone.waitFor();
  core.show({ ...lineGone(), line: { state: "back", since: new Date().toISOString() } });
  await page.getByText("The connection to root@203.0.113.7:22022 is back.").first().waitFor();
  await gone.waitFor({ state: "hidden" });
  core.show({ ...lineGone(), line: { state: "back", since: new Date(Date.now() - 60_000).toISOString() } });
  await page.getByText("is back").first().waitFor({ state: "hidden" });
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
