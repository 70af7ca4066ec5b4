import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { PRACTICE_QUESTIONS } from "../../src/adapters/practice/course.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostCore } from "../../src/main/host/hosting.ts";
import { endSession } from "../parts/end-session.ts";
import { launchChromium } from "../parts/chromium.ts";
import { chatModel, embeddingModel } from "../parts/models.ts";
import { Slots } from "../parts/slots.ts";
import { builtWindow, openWindow, tabTo } from "../renderer/window.ts";

let browser: Browser;
let folder: string;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), "journey-"));
  await Promise.all([chatModel(), embeddingModel()]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Puts what a course's stick holds into a folder whose name a system might give it. */
async function writeStick(): Promise<string> {
  const stick = join(folder, "Anna's stick – Übung 1");
  await cp(await chatModel(), join(stick, "SmolLM2-135M-Instruct-Q4_1.gguf"));
  await cp(await embeddingModel(), join(stick, "all-MiniLM-L6-v2.gguf"));
  await cp(join(import.meta.dirname, "../../assets/practice-course"), join(stick, "course"), { recursive: true });
  return stick;
}

test("the keyboard alone leads from a plugged stick over an answer and its source to the receipt", async ({ onTestFinished }) => {
  const slots = new Slots();
  const hosted = await hostCore({ dataFolder: join(folder, "home"), shell: "background", drives: slots });
  if (hosted === null) throw new Error("Another core holds this test's own folder.");
  onTestFinished(() => endSession(hosted));
  const { page, complaints, close } = await openWindow(browser, hosted.url);
  const press = async (name: string | RegExp) => {
    await tabTo(page, name);
    await page.keyboard.press("Enter");
  };

  await page.getByText("Plug in the stick with the model").waitFor();
  const stick = await writeStick();
  slots.plug([{ path: stick, label: "Übung 1", removable: true, readOnly: false, sizeBytes: null }]);
  await page.getByText("USB stick · Übung 1").waitFor();
  // A clean profile: the introduction leads there.
  await press("Next");
  await page.getByRole("heading", { name: "Choose where the mentor runs" }).waitFor();
  await press("Next");
  await press("Start Session");

  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(await page.getByRole("list", { name: "Steps" }).innerText()).toContain("Send the model");
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor({ timeout: 300_000 });
  expect(await page.getByRole("row").count()).toBeGreaterThan(8);

  await press("Ask a question");
  await page.getByRole("heading", { name: "Chat", exact: true }).waitFor();
  await tabTo(page, "Your question");
  await page.keyboard.type(PRACTICE_QUESTIONS[0].question);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copy the answer" }).waitFor({ timeout: 120_000 });
  const sources = page.getByRole("complementary");
  expect(await sources.innerText()).toMatch(/\d+ sources?\s/);
  await press("Read the passage");
  expect(await sources.getByRole("blockquote").first().innerText()).not.toBe("");
  const opening = page.context().waitForEvent("page");
  await press(/^Open /);
  const document = await opening;
  await document.waitForLoadState();
  expect((await page.request.get(document.url())).status()).toBe(200);
  await document.close();

  await press(/^Course$/);
  await page.getByRole("table").waitFor();
  expect(await page.getByRole("row").count()).toBeGreaterThan(1);

  await press(/^Session/);
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor();
  await press("Stop Session");
  await page.getByRole("alertdialog").waitFor();
  await press("Stop now");
  await page.getByRole("heading", { name: "Receipt" }).waitFor({ timeout: 60_000 });
  expect(await page.getByRole("region", { name: "Receipt" }).innerText()).toContain("What was kept");
  expect(complaints).toEqual([]);
  await close();
}, 420_000);
