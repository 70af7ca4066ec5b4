import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "@playwright/test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { windowFolder } from "../../src/main/host/window-folder.ts";

export interface OpenedWindow {
  page: Page;
  /** What the page complained about: broken scripts, refused styles. Empty when all is well. */
  complaints: string[];
  close(): Promise<void>;
}

/** Builds the window's files unless a build is there; a run of the whole suite has made one before. */
export async function builtWindow(): Promise<void> {
  if (existsSync(join(windowFolder(), "index.html"))) return;
  await build({ configFile: join(import.meta.dirname, "../../src/renderer/vite.config.ts"), logLevel: "error" });
}

export async function openWindow(browser: Browser, address: string, view = "home", colorScheme: "light" | "dark" = "light"): Promise<OpenedWindow> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme, reducedMotion: "reduce", permissions: ["clipboard-read", "clipboard-write"] });
  await context.addInitScript(`sessionStorage.getItem("ai-mentor.view") ?? sessionStorage.setItem("ai-mentor.view", "${view}")`);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(address);
  await page.getByRole("heading", { level: 1 }).waitFor().catch((error: unknown) => {
    throw new Error(`The window stays empty. It says: ${complaints.join("; ") || "nothing"}`, { cause: error });
  });
  return { page, complaints, close: () => context.close() };
}

/** What axe finds wrong, by all its rules or the one named, in words short enough for a test's output. */
export async function axeViolations(page: Page, rule?: string): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rule === undefined ? axe : axe.withRules(rule)).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`));
}

/** Nothing has the focus: that is no name. */
const FOCUSED_NAME = `(({ activeElement: it }) =>
  it === document.body ? "" : it.getAttribute("aria-label") ?? document.getElementById(it.getAttribute("aria-labelledby"))?.textContent ?? it.labels?.[0]?.textContent ?? it.textContent)(document)`;

/** Presses Tab until the control has the focus whose name matches, or holds the words; fails when none ever gets it. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate<string>(FOCUSED_NAME);
    if (typeof name === "string" ? focused.includes(name) : name.test(focused)) return;
    seen.push(focused);
  }
  throw new Error(`The keyboard never reached ${name}; it went ${seen.join(" → ")}`);
}
