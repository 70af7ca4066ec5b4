import { readFile } from "node:fs/promises";
import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logLines } from "../fakes/window/scenes.ts";
import { ready } from "../fakes/window/sessions.ts";
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
  await page.getByText("400 of 600 lines").waitFor();
  await page.getByText("200 new lines").waitFor();
  expect(Math.abs((await scrollTop()) - before)).toBeLessThan(100);
  await page.getByRole("button", { name: "Go to the newest" }).click();
  await page.getByText("600 of 600 lines").waitFor();
  await close();
  await core.close();
});

test("plain words come first; a click shows a line whole, with its raw names", async () => {
  const core = await openStage({ session: ready(), logs: logLines(8) });
  const { page, close } = await openWindow(browser, core.address, "logs");
  const line = page.getByRole("button", { name: "slot 2: request aborted" });
  expect((await line.innerText()).replaceAll("\n", " ")).toContain("Model error slot 2");
  expect((await page.getByRole("button", { name: "Chunk 41 of 306" }).innerText()).replaceAll("\n", " ")).toContain("Send the model info");
  await line.click();
  expect(await line.getAttribute("aria-expanded")).toBe("true");
  await page.getByText(/Z error llm #7$/).waitFor();
  await page.getByLabel("Show").selectOption("raw");
  expect(await page.getByRole("button", { name: "Chunk 41 of 306" }).innerText()).toContain("upload-model");
  await close();
  await core.close();
});

test("a support bundle is read before it is saved", async () => {
  const core = await openStage({ logs: logLines(8) });
  const { page, close } = await openWindow(browser, core.address, "logs");
  await page.getByRole("button", { name: "Support bundle" }).click();
  const text = await page.getByRole("region", { name: "What is in it" }).innerText();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the bundle" }).click();
  const download = await saving;
  expect(download.suggestedFilename()).toBe("ai-mentor-support-2026-11-24T08-00.txt");
  expect((await readFile(await download.path(), "utf8")).trim()).toBe(text.trim());
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await close();
  await core.close();
});
