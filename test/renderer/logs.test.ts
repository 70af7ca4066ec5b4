import { readFile } from "node:fs/promises";
import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logLines } from "../fakes/window/scenes.ts";
import { openStage } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("thousands of lines keep few rows in the page; what is too old is dropped and said", async () => {
  const core = await openStage({ logs: logLines(200) });
  const { page, close } = await openWindow(browser, core.address, "logs");
  await page.getByText("200 of 200 lines").waitFor();
  for (let sent = 200; sent < 21_000; sent += 200) core.log(logLines(200, sent));
  await page.getByText(/older lines are only in the log file/).waitFor();
  expect(await page.locator(".log-row").count()).toBeLessThan(120);
  await close();
  await core.close();
});

test("lines are filtered by source, level and words, and what is seen is what is saved", async () => {
  const core = await openStage({ logs: logLines(80) });
  const { page, close } = await openWindow(browser, core.address, "logs");
  await page.getByText("80 of 80 lines").waitFor();
  await page.getByLabel("From").selectOption("llm");
  await page.getByText("20 of 80 lines").waitFor();
  await page.getByLabel("Level").selectOption("error");
  await page.getByText("10 of 80 lines").waitFor();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save" }).click();
  const saved = await readFile(await (await saving).path(), "utf8");
  expect(saved.trim().split("\n")).toHaveLength(10);
  expect(saved).toContain("ERROR llm: slot 2: request aborted");
  await page.getByLabel("Search").fill("no such words");
  await page.getByText("No line matches.").waitFor();
  await close();
  await core.close();
});

test("scrolling up holds the view while new lines come", async () => {
  const core = await openStage({ logs: logLines(400) });
  const { page, close } = await openWindow(browser, core.address, "logs");
  await page.getByText("400 of 400 lines").waitFor();
  const list = page.getByRole("region", { name: "Log lines" });
  await list.hover();
  await page.mouse.wheel(0, -600);
  const follow = page.getByLabel("Follow new lines");
  await expect.poll(() => follow.isChecked()).toBe(false);
  const scrollTop = () => page.evaluate<number>("document.querySelector('.log-list').scrollTop");
  const before = await scrollTop();
  core.log(logLines(200, 400));
  await page.getByText("600 of 600 lines").waitFor();
  expect(Math.abs((await scrollTop()) - before)).toBeLessThan(100);
  await close();
  await core.close();
});
