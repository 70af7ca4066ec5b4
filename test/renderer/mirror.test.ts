import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage } from "../fakes/window/staged-core.ts";
import { GOOD_STICK } from "../fakes/window/sticks.ts";
import { launchChromium } from "../parts/chromium.ts";
import { axeViolations, builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const FILE = GOOD_STICK.models[0]!.file;
const MIRROR = `https://huggingface.co/owner/name/resolve/main/${FILE}`;

test("a mirror is folded away, checked while it is typed, sent with the start, and offered again for the same model", async () => {
  const core = await openStage({ sticks: [GOOD_STICK] });
  const { page, complaints, close } = await openWindow(browser, core.address);
  await page.getByText("Good to go").waitFor();
  const summary = page.getByText("A mirror, where this computer's line is slow");
  // On this computer nothing is sent.
  expect(await summary.count()).toBe(0);
  await page.getByRole("radio", { name: "Another machine (SSH)" }).click();
  await page.getByLabel("Address", { exact: true }).fill("root@203.0.113.7:22022");
  await page.getByLabel("Private key file").fill("/home/anna/.ssh/id_ed25519");
  const field = page.getByLabel("Web address of the same file");
  expect(await field.isVisible()).toBe(false);

  await summary.click();
  await field.fill("http://mirror.example/m.gguf");
  await page.getByText("It must begin with https://.").waitFor();
  await page.getByText("Correct the mirror's address, or empty it.").waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await field.fill(` ${MIRROR} `);
  await page.getByRole("button", { name: "Start Session" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls).toMatchObject([{ name: "start", input: { mirror: MIRROR, host: { kind: "ssh" } } }]);
  await expect.poll(() => core.stage.settings.mirrors).toEqual({ [FILE]: MIRROR });

  core.show({ ...core.stage.session, phase: "stopped" });
  await page.reload();
  await page.getByRole("button", { name: "Home" }).click();
  expect(await field.inputValue()).toBe(MIRROR);
  await page.getByRole("radio", { name: /^This computer/ }).click();
  await page.getByRole("button", { name: "Start Session" }).click();
  await expect.poll(() => core.calls.at(-1)?.input).toEqual({ stick: GOOD_STICK.path, host: { kind: "local" } });
  expect(complaints).toEqual([]);
  await close();
  await core.close();
});
