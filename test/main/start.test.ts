import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

let home: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "start-"));
  env = { ...process.env, AI_MENTOR_HOME: home, DISPLAY: "", WAYLAND_DISPLAY: "" };
});

afterEach(async () => {
  const core = join(home, "core.json");
  if (existsSync(core)) process.kill((JSON.parse(await readFile(core, "utf8")) as { pid: number }).pid, "SIGTERM");
  await rm(home, { recursive: true, maxRetries: 20, retryDelay: 100 });
});

test("without a display npm start prints an address that serves the window, and the core outlives it", async (context) => {
  if (process.platform !== "linux") context.skip("Only Linux can be without a display.");
  const child = spawn(process.execPath, [join(ROOT, "src/main/start.ts")], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let said = "";
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(said);
      if (found !== null) resolve(found[0]);
    });
    void ended.then(() => reject(new Error(`It ended: ${said}`)));
  });
  expect(said).toContain("because this computer has no display");

  const page = await fetch(address);
  // 503 where the window has not been built: npm test builds it, a single test file does not.
  expect([200, 503]).toContain(page.status);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect((await fetch(address, { headers: { origin: "http://evil.example" } })).status).toBe(403);

  child.kill("SIGINT");
  expect(await ended).toBe(0);
  const status = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [join(ROOT, "bin/ai-mentor.mjs"), "status", "--json"], { env }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
  expect(JSON.parse(status)).toMatchObject({ session: { id: null, phase: "idle" } });
  expect((await fetch(address)).status).toBe(page.status);
});
