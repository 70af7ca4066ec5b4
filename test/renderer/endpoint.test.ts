import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage } from "../fakes/window/staged-core.ts";
import { launchChromium } from "../parts/chromium.ts";
import { axeViolations, builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("an endpoint is chosen instead of a stick; its key goes to the secrets, and not into the start", async () => {
  const core = await openStage();
  const { page, close, complaints } = await openWindow(browser, core.address);
  await page.getByText("Plug in a stick, or use a folder.").waitFor();
  await page.getByRole("button", { name: "Use a model on a server" }).click();
  await page.getByText("Enter the address of the model's server.").waitFor();
  await page.getByLabel("Address of the server").fill("https://llm.example.org/v1");
  await page.getByLabel("Model name").fill("mistral");
  await page.getByLabel("API key").fill("sk-typed-123");
  expect(await page.getByLabel("API key").getAttribute("type")).toBe("password");
  expect(await axeViolations(page)).toEqual([]);
  await page.getByText("mistral at https://llm.example.org/v1 on this computer").waitFor();
  await page.getByRole("button", { name: "Start Session" }).click();

  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toEqual([
    { name: "secret", input: { name: "llm", value: "sk-typed-123" } },
    { name: "start", input: { host: { kind: "local" }, chatEndpoint: { url: "https://llm.example.org/v1", model: "mistral" } } },
  ]);
  expect(complaints).toEqual([]);
  await close();
  await core.close();
});
