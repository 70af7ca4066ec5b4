import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SessionSnapshot } from "../../src/contract/session.ts";
import { ORPHANS, QUOTE, rented } from "../fakes/window/rented.ts";
import { ready, stopped } from "../fakes/window/sessions.ts";
import { openStage, SETTINGS } from "../fakes/window/staged-core.ts";
import { GOOD_STICK } from "../fakes/window/sticks.ts";
import { launchChromium } from "../parts/chromium.ts";
import { builtWindow, openWindow } from "./window.ts";

let browser: Browser;
beforeAll(async () => {
  await builtWindow();
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("the price is shown before a start, and what was wished for goes into it", async () => {
  const core = await openStage({ sticks: [GOOD_STICK], keys: ["runpod"], quote: QUOTE });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("radio", { name: "A rented machine (Runpod)" }).click();
  await page.getByLabel("Highest price an hour (US$)").fill("0.5");
  await page.getByLabel("Stop by itself after").selectOption("2 hours");
  await page.getByRole("button", { name: "Show the price" }).click();
  await page.getByText("RTX A5000 with 24 GiB, $0.34 an hour").waitFor();
  await page.getByText("Ready in about 5 min 30 s, for $0.03").waitFor();
  await page.getByRole("button", { name: "Start Session" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor();
  expect(core.calls.find(({ name }) => name === "start")?.input).toEqual({ stick: GOOD_STICK.path, host: { kind: "runpod", maxMicroUsdPerHour: 500_000, stopAfterSeconds: 7200 } });
  await close();
  await core.close();
});

test("without a key the start says what is missing; the key goes to the secrets and not into the page", async () => {
  const core = await openStage({ sticks: [GOOD_STICK] });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("radio", { name: "A rented machine (Runpod)" }).click();
  await page.getByText("Enter the key of your Runpod account.").waitFor();
  await page.getByLabel("Runpod API key").fill("rpa_typed_123456");
  core.stage.keys = ["runpod"];
  await page.getByRole("button", { name: "Keep the key" }).click();
  await page.getByText("A key is kept.").waitFor();
  expect(core.calls).toEqual([{ name: "secret", input: { name: "runpod", value: "rpa_typed_123456" } }]);
  expect(await page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage }) + document.documentElement.outerHTML")).not.toContain("rpa_typed");
  await close();
  await core.close();
});

test("deleting a disk whose course no backup has asks for leave of its own", async () => {
  const core = await openStage({ session: rented(), settings: { ...SETTINGS, backup: { ...SETTINGS.backup, atStop: "never" } } });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("button", { name: "Stop Session" }).click();
  await page.getByText("No backup is made").waitFor();
  await page.getByRole("radio", { name: "Delete everything" }).click();
  const stop = page.getByRole("button", { name: "Stop now" });
  expect(await stop.getAttribute("aria-disabled")).toBe("true");
  await page.getByLabel("Delete it although it is not backed up").check();
  await stop.click();
  await page.getByRole("heading", { name: "Stopping the session" }).waitFor();
  expect(core.calls.find(({ name }) => name === "stop")?.input).toEqual({ disk: "delete", evenUnsaved: true });
  await close();
  await core.close();
});

test("the question at Stop says what is backed up first, where, and what happens when that fails", async () => {
  const practice = { ...ready(), host: { kind: "local" as const, label: "this computer" } };
  const onVolume = { ...rented(), rent: { ...rented().rent!, disk: { kind: "network" as const, gigabytes: 50, volumeId: "v1", microUsdPerDay: 0 } } };
  const says: [SessionSnapshot, RegExp, RegExp][] = [
    [ready(), /stays on the host.*backed up first.*If that fails, nothing is stopped yet/s, /costing|network volume/],
    [rented(), /backed up first.*the machine goes on costing/s, /not in any backup/],
    [onVolume, /stay on the network volume.*backed up first/s, /stays on the host/],
    [practice, /stops answering.*The course stays in its store/s, /back/],
  ];
  for (const [session, said, unsaid] of says) {
    const core = await openStage({ session });
    const { page, close } = await openWindow(browser, core.address, "session");
    await page.getByRole("button", { name: "Stop Session" }).click();
    const question = await page.getByRole("alertdialog").innerText();
    expect(question).toMatch(said);
    expect(question).not.toMatch(unsaid);
    await close();
    await core.close();
  }
});

test("a rented disk may go with the machine once the course on it is backed up", async () => {
  const core = await openStage({ session: rented() });
  const { page, close } = await openWindow(browser, core.address, "session");
  await page.getByRole("button", { name: "Stop Session" }).click();
  await page.getByRole("radio", { name: "Delete everything" }).click();
  await page.getByRole("button", { name: "Stop now" }).click();
  await page.getByRole("heading", { name: "Stopping the session" }).waitFor();
  expect(core.calls.find(({ name }) => name === "stop")?.input).toEqual({ disk: "delete" });
  await close();
  await core.close();
});

test("what a host of one's own costs is said in the same words at Home, on the receipt and in the settings", async () => {
  for (const kind of ["ssh", "local"] as const) {
    const core = await openStage({ session: { ...ready(), host: { kind, label: kind } }, receipts: [stopped().receipt!] });
    const { page, close } = await openWindow(browser, core.address);
    const words = page.getByText("nothing through this app");
    await words.waitFor();
    core.show({ ...stopped(), host: { kind, label: kind } });
    await page.getByRole("button", { name: /^Session/ }).click();
    expect(await page.getByRole("region", { name: "Receipt" }).innerText()).toMatch(/Cost\s+nothing through this app/);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("region", { name: "Receipts" }).getByRole("cell", { name: "nothing through this app" }).waitFor();
    await close();
    await core.close();
  }
});

test("a machine that runs without a session is shown with its cost, stopped with one press and deleted after a question", async () => {
  const core = await openStage({ pods: ORPHANS });
  const { page, close } = await openWindow(browser, core.address);
  await page.getByRole("heading", { name: "A rented machine runs without a session" }).waitFor();
  await page.getByText("$0.34 an hour, $0.74 so far").waitFor();
  await page.getByRole("button", { name: "Stop it, keep the disk" }).click();
  await page.getByRole("heading", { name: "Kept disks" }).waitFor();
  await page.getByRole("button", { name: "Delete it" }).first().click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete it for good" }).click();
  await expect.poll(() => core.stage.pods.length).toBe(1);
  await close();
  await core.close();
});
