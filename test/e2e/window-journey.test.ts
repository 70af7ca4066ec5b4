import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { PRACTICE_QUESTIONS } from "../../src/adapters/practice/course.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Drives, Volume } from "../../src/core/ports.ts";
import { hostCore } from "../../src/main/host/hosting.ts";
import { endSession } from "../parts/end-session.ts";
import { launchChromium } from "../parts/chromium.ts";
import { chatModel, embeddingModel } from "../parts/models.ts";
import { builtWindow, openWindow } from "../renderer/window.ts";

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

/** The slots of this computer, and a hand that plugs and pulls. */
class Slots implements Drives {
  #plugged: Volume[] = [];
  #changed: (volumes: Volume[]) => void = () => undefined;
  plug(volumes: Volume[]): void {
    this.#plugged = volumes;
    this.#changed(volumes);
  }
  list = async () => this.#plugged;
  watch = (onChange: (volumes: Volume[]) => void, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      this.#changed = onChange;
      onChange(this.#plugged);
      signal.addEventListener("abort", () => resolve());
    });
}

/** Puts what a course's stick holds into a folder whose name a system might give it. */
async function writeStick(): Promise<string> {
  const stick = join(folder, "Anna's stick – Übung 1");
  await cp(await chatModel(), join(stick, "SmolLM2-135M-Instruct-Q4_1.gguf"));
  await cp(await embeddingModel(), join(stick, "all-MiniLM-L6-v2.gguf"));
  await cp(join(import.meta.dirname, "../../assets/practice-course"), join(stick, "course"), { recursive: true });
  return stick;
}

test("a stick is plugged in, a session started, a question answered with its sources, and the session stopped", async ({ onTestFinished }) => {
  const slots = new Slots();
  const hosted = await hostCore({ dataFolder: join(folder, "home"), shell: "background", drives: slots });
  if (hosted === null) throw new Error("Another core holds this test's own folder.");
  onTestFinished(() => endSession(hosted));
  const { page, complaints, close } = await openWindow(browser, hosted.url);

  await page.getByText("Plug in the stick with the model").waitFor();
  const stick = await writeStick();
  slots.plug([{ path: stick, label: "Übung 1", removable: true, readOnly: false, sizeBytes: null }]);
  await page.getByText("USB stick · Übung 1").waitFor();
  // A clean profile: the introduction leads there.
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Start Session" }).click();

  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(await page.getByRole("list", { name: "Steps" }).innerText()).toContain("Send the model");
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor({ timeout: 300_000 });
  expect(await page.getByRole("row").count()).toBeGreaterThan(8);

  await page.getByRole("button", { name: "Ask a question" }).click();
  await page.getByLabel("Your question").fill(PRACTICE_QUESTIONS[0].question);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copy the answer" }).waitFor({ timeout: 120_000 });
  const sources = page.getByRole("complementary");
  expect(await sources.innerText()).toMatch(/\d+ sources?\s/);
  await sources.getByText("Read the passage").first().click();
  expect(await sources.getByRole("blockquote").first().innerText()).not.toBe("");

  await page.getByRole("button", { name: "Course", exact: true }).click();
  await page.getByRole("table").waitFor();
  expect(await page.getByRole("row").count()).toBeGreaterThan(1);

  await page.getByRole("button", { name: "Session" }).click();
  await page.getByRole("button", { name: "Stop Session" }).click();
  await page.getByRole("button", { name: "Stop now" }).click();
  await page.getByRole("heading", { name: "Receipt" }).waitFor({ timeout: 60_000 });
  expect(await page.getByRole("region", { name: "Receipt" }).innerText()).toContain("What was kept");
  expect(complaints).toEqual([]);
  await close();
}, 420_000);
