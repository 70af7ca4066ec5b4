import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
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

test("an answer is formatted, cites its sources, and survives another screen and a reload", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "chat");
  const question = page.getByLabel("Your question");
  await question.fill("How does");
  await question.press("Shift+Enter");
  await page.keyboard.type("backpropagation work?");
  expect(await question.inputValue()).toBe("How does\nbackpropagation work?");
  await question.press("Enter");
  await page.getByRole("table").waitFor();
  expect(await question.inputValue()).toBe("");
  const sources = page.getByRole("complementary", { name: "3 sources" });
  expect((await sources.innerText()).split(/\n+/).slice(0, 4)).toEqual(["3 sources", "lecture-04-backpropagation.pdf", "The chain rule, backwards · page 12", "83 % match"]);
  await sources.getByText("Read the passage").first().click();
  await page.getByText("Backpropagation applies the chain rule").waitFor();

  await page.getByRole("button", { name: "Copy the answer" }).click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toContain("**Backpropagation** computes");

  await question.fill("half a thought");
  await page.getByRole("button", { name: "Logs" }).click();
  await page.getByRole("button", { name: "Chat", exact: true }).click();
  await page.getByRole("table").waitFor();
  await page.reload();
  await page.getByRole("table").waitFor();
  expect(await question.inputValue()).toBe("half a thought");
  await close();
  await core.close();
});

test("an answer can be stopped; what was written stays and is marked as unfinished", async () => {
  const core = await openStage({ session: ready(), pauseMs: 60 });
  const { page, close } = await openWindow(browser, core.address, "chat");
  await page.getByRole("button", { name: "What is this course about?" }).click();
  await page.getByText("computes how").waitFor();
  await page.getByRole("button", { name: "Stop answering" }).click();
  await page.getByText("Stopped. This answer is not complete.").waitFor();
  await page.getByRole("button", { name: "Ask again" }).waitFor();
  expect(await page.getByRole("article").innerText()).toContain("computes how");
  await close();
  await core.close();
});

test("an empty question cannot be sent, and one that is too long says by how much", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "chat");
  const ask = page.getByRole("button", { name: "Ask", exact: true });
  const question = page.getByLabel("Your question");
  await question.fill("   ");
  await question.press("Enter");
  expect(await ask.getAttribute("aria-disabled")).toBe("true");
  await question.fill("x".repeat(2001));
  await page.getByText("2,001 of 2,000 characters").waitFor();
  await question.press("Enter");
  expect(await page.getByRole("article").count()).toBe(0);
  await close();
  await core.close();
});
