import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { processPodsMissing } from "../../src/adapters/rehearsal/machines/process.ts";
import { openHostedWindow } from "../parts/hosted-window.ts";

const MINUTES = 15 * 60_000;

test("the window rehearses with the real core: a taken port is told beforehand, a cancelled one leaves nothing, and one with a fault goes to its receipt", { timeout: MINUTES }, async () => {
  if (processPodsMissing !== null) throw new Error(processPodsMissing);
  const { folder, hosted, page, complaints, close } = await openHostedWindow();
  const left = () => execFileSync("ps", ["axo", "args"], { encoding: "utf8" }).split("\n").filter((line) => line.includes(join(folder, "rehearsal")));

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(8000, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  await page.getByRole("button", { name: "Rehearse renting a machine" }).click();
  await page.getByText("Port 8000 is in use on this computer").waitFor();
  await new Promise((resolve) => other.close(resolve));
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByText("Takes a few minutes").waitFor();

  await page.getByRole("button", { name: "Begin the rehearsal" }).click();
  await page.getByRole("list", { name: "Steps" }).getByText("Bring the tools").waitFor({ timeout: MINUTES });
  // Money as it would be, once the machine is rented.
  await page.getByText("Would have cost so far").waitFor();
  await expect.poll(left, { timeout: 60_000 }).not.toEqual([]);
  await page.getByRole("button", { name: "Cancel the rehearsal" }).click();
  await page.getByText("The rehearsal was cancelled. Nothing of it is left running.").waitFor({ timeout: 60_000 });
  expect(left()).toEqual([]);
  expect(existsSync(join(folder, "rehearsal"))).toBe(false);

  await page.getByRole("button", { name: "Rehearse again" }).click();
  await page.locator("summary").click();
  await page.getByRole("radio", { name: "The two cheapest kinds of card are taken" }).click();
  await page.getByRole("button", { name: "Begin the rehearsal" }).click();
  await page.getByRole("heading", { name: "The rehearsal went well" }).waitFor({ timeout: MINUTES });
  const receipt = await page.getByRole("region", { name: "The receipt, as it would be" }).innerText();
  expect(receipt).toContain("the provider's bill");
  expect(receipt).toContain("deleted");
  expect(await page.locator("main").innerText()).toContain("none left at the end");
  expect(left()).toEqual([]);

  // The person's own session and receipts know nothing of it.
  expect(hosted.core.session.snapshot().id).toBeNull();
  expect(await hosted.core.receipts()).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
