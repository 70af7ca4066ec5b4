import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { servePage } from "../../../src/main/electron/page-protocol.ts";

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), "ai-mentor-page-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "window"));
  writeFileSync(join(root, "window", "index.html"), "<p>window</p>");
  writeFileSync(join(root, "secret.html"), "secret");
  return join(root, "window");
}

test("the page comes with a policy that lets nothing in or out but its own files", async () => {
  const answer = await servePage(folder(), "app://mentor/index.html");
  expect(await answer.text()).toBe("<p>window</p>");
  expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'.*script-src 'self'.*connect-src 'none'/);
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
});

test.each(["app://mentor/../secret.html", "app://mentor/%2e%2e/secret.html", "app://mentor/..%2fsecret.html", "app://other/index.html", "app://mentor/missing.html", "app://mentor/"])(
  "%s is not found",
  async (url) => {
    expect((await servePage(folder(), url)).status).toBe(404);
  },
);
