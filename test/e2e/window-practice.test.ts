import { expect, test } from "vitest";
import { PRACTICE_QUESTIONS } from "../../src/adapters/practice/course.ts";
import { openHostedWindow } from "../parts/hosted-window.ts";

const MINUTES = 15 * 60_000;

test("one click practises the whole job in the window: steps, an answer with its source, stop", { timeout: MINUTES }, async () => {
  const { folder, page, complaints, close } = await openHostedWindow();

  await page.getByRole("button", { name: "Practice on this computer" }).click();
  await page.getByRole("heading", { name: "Starting the mentor" }).waitFor({ timeout: MINUTES });
  await page.getByText("Load the model").waitFor();
  await page.getByRole("heading", { name: "The mentor is ready" }).waitFor({ timeout: MINUTES });

  await page.getByRole("button", { name: "Ask a question" }).click();
  await page.getByLabel("Your question").fill(PRACTICE_QUESTIONS[0].question);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copy the answer" }).waitFor({ timeout: MINUTES });
  await page.getByRole("complementary").getByText("Read the passage").first().click();
  expect(await page.getByRole("complementary").innerText()).toContain(PRACTICE_QUESTIONS[0].file);

  // The source opens the document that it cites, which the core itself serves.
  const opening = page.context().waitForEvent("page");
  await page.getByRole("complementary").getByRole("button", { name: /^Open/ }).first().click();
  const document = await opening;
  await document.waitForLoadState();
  expect((await page.request.get(document.url())).status()).toBe(200);
  await document.close();

  // A reload changes nothing: the session runs on, the conversation is there.
  await page.reload();
  await page.getByRole("button", { name: "Copy the answer" }).waitFor();

  await page.getByRole("button", { name: "Logs", exact: true }).click();
  await page.getByText("Connected to this computer.").first().waitFor();
  await page.getByRole("button", { name: "Support bundle" }).click();
  const bundle = await page.getByRole("region", { name: "What is in it" }).innerText();
  expect(bundle).toContain("self-check: done");
  expect(bundle).not.toContain(folder.split("/").at(-1));
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Session" }).click();
  await page.getByRole("button", { name: "Stop Session" }).click();
  await page.getByRole("button", { name: "Stop now" }).click();
  await page.getByRole("heading", { name: "Receipt" }).waitFor({ timeout: MINUTES });
  expect(complaints).toEqual([]);
  await close();
});
