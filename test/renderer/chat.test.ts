import { readFile } from "node:fs/promises";
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

test("an answer that is shorter than its sources keeps its question in view", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "chat");
  await page.setViewportSize({ width: 1280, height: 560 });
  // Until the window has what formats an answer, it is shown raw, and another height.
  const formatter = Promise.withResolvers<void>();
  await page.route("**/Markdown*.js", async (route) => {
    await formatter.promise;
    await route.continue();
  });
  for (const [turn, question] of ["How does backpropagation work?", "Derive the gradient"].entries()) {
    await page.getByLabel("Your question").fill(question);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Copy the answer" }).nth(turn).waitFor();
  }
  formatter.resolve();
  await page.locator(".plain-answer").waitFor({ state: "detached" });
  const cutOff = `document.querySelector(".chat-list").getBoundingClientRect().top - [...document.querySelectorAll(".question-line")].at(-1).getBoundingClientRect().top`;
  await expect.poll(() => page.evaluate<number>(cutOff)).toBeLessThanOrEqual(1);
  await expect.poll(() => page.evaluate<number>(cutOff)).toBeGreaterThan(-200);
  await close();
  await core.close();
});

test("a question is changed, and what it replaces is taken back from the mentor too", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "chat");
  const question = page.getByLabel("Your question");
  for (const words of ["How does it work?", "And what does it cost?"]) {
    await question.fill(words);
    await question.press("Enter");
    await page.getByRole("heading", { name: words }).waitFor();
    await page.getByRole("button", { name: "Stop answering" }).waitFor({ state: "hidden" });
  }
  await page.getByRole("button", { name: "Change the question" }).first().click();
  await page.getByRole("textbox", { name: "Change the question" }).fill("How does backpropagation work?");
  await page.getByRole("button", { name: "Ask this instead" }).click();
  await page.getByRole("heading", { name: "How does backpropagation work?" }).waitFor();
  await expect.poll(() => page.getByRole("article").count()).toBe(1);
  const asked = core.calls.filter(({ name }) => name === "ask").map(({ input }) => input as { message: string; forget_turns?: number });
  expect(asked.map(({ message, forget_turns }) => [message, forget_turns])).toEqual([["How does it work?", undefined], ["And what does it cost?", undefined], ["How does backpropagation work?", 2]]);
  await close();
  await core.close();
});

test("a source opens its page; where it cannot, the answer says why", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "chat");
  await page.getByRole("button", { name: "What is this course about?" }).click();
  const opened = page.context().waitForEvent("page");
  await page.getByRole("button", { name: "Open page 12" }).click();
  await opened;
  expect(core.calls.at(-1)).toEqual({ name: "open", input: { file: "lecture-04-backpropagation.pdf", page: 12 } });
  core.stage.refuse = { code: "course-missing", message: "“glossary.txt” is not on this computer now." };
  await page.getByRole("button", { name: "Open the document (glossary.txt)" }).click();
  expect(await page.getByRole("alert").innerText()).toContain("“glossary.txt” is not on this computer now.");
  await close();
  await core.close();
});

test("conversations are kept by the core, opened again, exported and deleted; without leave nothing is kept", async () => {
  const core = await openStage({ session: ready() });
  const { page, close } = await openWindow(browser, core.address, "chat");
  await page.getByRole("button", { name: "What is this course about?" }).click();
  await page.getByRole("button", { name: "Copy the answer" }).waitFor();
  await expect.poll(() => core.stage.conversations.map(({ title }) => title)).toEqual(["What is this course about?"]);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  expect(await readFile(await (await saving).path(), "utf8")).toContain("- lecture-04-backpropagation.pdf, The chain rule, backwards, page 12");
  await page.getByRole("button", { name: "New conversation" }).click();
  expect(await page.getByRole("article").count()).toBe(0);
  await page.getByRole("button", { name: "Conversations" }).click();
  await page.getByRole("button", { name: /^What is this course about\?.+\d/ }).click();
  await page.getByRole("table").waitFor();
  await page.getByRole("button", { name: "Conversations" }).click();
  await page.getByRole("button", { name: "Delete “What is this course about?”" }).click();
  await expect.poll(() => core.stage.conversations).toEqual([]);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("switch", { name: "Keep conversations" }).click();
  await page.getByRole("button", { name: "Chat", exact: true }).click();
  await page.getByRole("button", { name: "What is this course about?" }).click();
  await page.getByRole("button", { name: "Copy the answer" }).waitFor();
  expect(core.stage.conversations).toEqual([]);
  await close();
  await core.close();
});

test("formulas are set, prices stay prices, and what was left out is said", async () => {
  const core = await openStage({ session: ready() });
  const { page, complaints, close } = await openWindow(browser, core.address, "chat");
  await page.getByLabel("Your question").fill("Derive the gradient");
  await page.keyboard.press("Enter");
  await page.locator(".formula.display .katex").waitFor();
  expect(await page.locator(".katex").count()).toBe(2);
  await page.getByText("A book that costs $5 and one that costs $10 stay prices.").waitFor();
  await page.getByText("was left out of this answer").waitFor();
  expect(complaints).toEqual([]);
  await close();
  await core.close();
});
