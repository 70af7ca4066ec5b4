import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/contract/errors.ts";
import { needsHelp, uploading } from "../fakes/window/sessions.ts";
import { openStage } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("every error is shown with what was kept, what to do, and something to press", async () => {
  const core = await openStage({ session: uploading() });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    core.show(needsHelp({ code, message: `It was ${code}.` }, "upload-model"));
    const card = page.getByRole("alert").filter({ hasText: `It was ${code}.` });
    await card.waitFor();
    const words = await card.innerText();
    expect(words).toContain(ERRORS[code].title);
    expect(words).toContain(ERRORS[code].kept);
    expect(words).toContain(ERRORS[code].advice);
    expect({ code, buttons: await card.getByRole("button").count() }).not.toEqual({ code, buttons: 0 });
  }
  await close();
  await core.close();
});

test("a passphrase goes to the core once and is not kept in the page", async () => {
  const core = await openStage({ session: needsHelp({ code: "key-encrypted", message: "The key asks for a passphrase." }) });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByLabel("Passphrase of the key").fill("correct horse");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toEqual([{ name: "retry", input: { passphrase: "correct horse" } }]);
  expect(await page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage }) + document.documentElement.outerHTML")).not.toContain("correct horse");
  await close();
  await core.close();
});

test("a changed host is trusted only by its new fingerprint", async () => {
  const details = { knownFingerprint: "SHA256:old", fingerprint: "SHA256:new" };
  const core = await openStage({ session: needsHelp({ code: "host-key-changed", message: "It changed.", details }) });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByText("SHA256:old").waitFor();
  await page.getByRole("button", { name: "I expected this" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toEqual([{ name: "retry", input: { trustFingerprint: "SHA256:new" } }]);
  await close();
  await core.close();
});

test("two models are asked about, and the chosen one is sent", async () => {
  const core = await openStage({ session: needsHelp({ code: "model-ambiguous", message: "The stick holds 2 chat models.", details: { files: ["a.gguf", "b.gguf"] } }, "find-model") });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("radio", { name: "b.gguf" }).click();
  await page.getByRole("button", { name: "Use this model" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toEqual([{ name: "retry", input: { model: "b.gguf" } }]);
  await close();
  await core.close();
});

test("what the core refuses is said where it was asked", async () => {
  const core = await openStage({ session: uploading(), refuse: { code: "stop-incomplete", message: "Service llm does not end." } });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("button", { name: "Cancel the start" }).click();
  expect(await page.getByRole("alert").innerText()).toContain("Service llm does not end.");
  await close();
  await core.close();
});
