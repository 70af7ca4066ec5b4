import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { takeCoreLock } from "../../../src/main/host/lock.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "ai-mentor-lock-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("one process holds the lock; releasing it lets the next one in", () => {
  const path = folder();
  const first = takeCoreLock(path);
  expect(first).not.toBeNull();
  expect(takeCoreLock(path)).toBeNull();
  first!.release();
  const second = takeCoreLock(path);
  expect(second).not.toBeNull();
  second!.release();
});

test("a killed holder leaves no lock behind", async () => {
  const path = folder();
  const module = new URL("../../../src/main/host/lock.ts", import.meta.url).href;
  const program = `const { takeCoreLock } = await import(${JSON.stringify(module)}); console.log(takeCoreLock(process.argv[1]) !== null); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", program, path], { stdio: ["ignore", "pipe", "ignore"] });
  const exited = new Promise((resolve) => holder.once("exit", resolve));
  onTestFinished(() => void holder.kill("SIGKILL"));
  expect(String(await new Promise((resolve) => holder.stdout.once("data", resolve))).trim()).toBe("true");
  expect(takeCoreLock(path)).toBeNull();
  holder.kill("SIGKILL");
  await exited;
  const lock = takeCoreLock(path);
  expect(lock).not.toBeNull();
  lock!.release();
});
