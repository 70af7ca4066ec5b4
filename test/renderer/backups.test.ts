import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BACKUPS, RESTORING } from "../fakes/window/backups.ts";
import { DOCUMENTS } from "../fakes/window/scenes.ts";
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

const RESTORED = { type: "done", result: { backup: null, collection: "c2", rows: 412, documents: 24, embeddedAnew: false, undoable: true, seconds: 3 } } as const;

test("a restore says first what it will replace, and can be taken back", async () => {
  const core = await openStage({ session: ready(), documents: DOCUMENTS, backups: BACKUPS, backupEvents: { create: [], verify: [], restore: [RESTORED] } });
  const { page, close } = await openWindow(browser, core.address, "backups");
  await page.getByRole("button", { name: "Restore" }).first().click();
  const question = page.getByRole("alertdialog");
  expect(await question.innerText()).toContain("It replaces 6 documents with 327 passages.");
  await page.keyboard.press("Escape");
  expect(core.calls).toEqual([]);
  await page.getByRole("button", { name: "Restore" }).first().click();
  await question.getByRole("button", { name: "Restore" }).click();
  await page.getByText("The course answers from the backup now: 24 documents, 412 passages.").waitFor();
  await page.getByRole("button", { name: "Bring the old course back" }).click();
  await page.getByText("The course is as it was before.").waitFor();
  expect(core.calls).toEqual([{ name: "backup restore", input: { path: BACKUPS.backups[0]!.path } }, { name: "backup undo", input: null }]);
  await close();
  await core.close();
});

test("a backup shows its progress and can be cancelled; without a session the button says what it needs", async () => {
  const core = await openStage({ session: ready(), backups: BACKUPS, backupEvents: { create: RESTORING, verify: [], restore: [] } });
  const { page, close } = await openWindow(browser, core.address, "backups");
  await page.getByRole("button", { name: "Back up now" }).click();
  await page.getByText("reading the course").waitFor();
  await page.getByText("268 of 412 parts").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Cancelled. The course answers as before.").waitFor();
  await close();
  await core.close();

  const without = await openStage();
  const window = await openWindow(browser, without.address, "backups");
  const make = window.page.getByRole("button", { name: "Back up now" });
  expect(await make.getAttribute("aria-disabled")).toBe("true");
  await window.page.getByText("A backup is made while a session is ready.").waitFor();
  await window.close();
  await without.close();
});
