import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { makePracticeStick } from "../../src/adapters/practice/stick.ts";
import { expect, onTestFinished, test } from "vitest";
import { newUser } from "../parts/mentor-cli.ts";
import { sshHostMissing, startSshHost } from "../parts/ssh-host.ts";

/** The kit is built and sent, three services start, and a model answers: on two cores that takes minutes. */
const MINUTES = 15 * 60_000;

test("a session on a bare SSH host: start, ask, a crash of the app, stop, and nothing is left running", { timeout: MINUTES }, async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  const user = newUser();
  onTestFinished(() => user.leave());
  const stick = await makePracticeStick({ dataFolder: user.home, cacheDir: cacheFolder() });

  const started = await user.run("start", "--stick", stick, "--host", "ssh", "--ssh", host.address, "--identity", host.identity);
  expect(started.stderr).toBe("");
  expect(started.exit).toBe(0);
  expect(started.last).toMatchObject({ ready: true, session: { phase: "ready", host: { kind: "ssh", label: host.address.replace(":22", "") }, milvus: { kind: "server" }, course: { documents: 5 } } });
  expect(started.last.steps?.map(({ id }) => id)).toEqual(expect.arrayContaining(["install-kit", "upload-model", "self-check"]));
  expect(existsSync(join(host.root, "workspace/models/SmolLM2-135M-Instruct.Q4_1.gguf"))).toBe(true);
  // A service that starts a program looks like two of itself for a moment.
  await expect.poll(() => host.processes().filter((line) => /llm\.mjs|api\.mjs|agent\.mjs|milvus_lite|loopback_only/.test(line))).toHaveLength(4);

  const key = JSON.parse(readFileSync(join(user.home, "secrets.json"), "utf8")) as Record<string, string>;
  const [secret] = Object.values(key);
  expect(host.processes().join("\n")).not.toContain(secret);
  for (const name of readdirSync(join(host.root, "workspace/ai-mentor/logs"))) {
    expect(readFileSync(join(host.root, "workspace/ai-mentor/logs", name), "utf8")).not.toContain(secret);
  }

  const [endpoint] = started.last.session!.endpoints;
  expect((await fetch(`${endpoint!.url}/api/health`)).status).toBe(401);
  expect((await fetch(`${endpoint!.url}/api/health`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
  expect((await fetch(`${endpoint!.url}/api/health`, { headers: { authorization: `Bearer ${secret}`, origin: "https://evil.example" } })).status).toBe(403);

  const second = await user.run("start", "--stick", stick, "--host", "local");
  expect(second).toMatchObject({ exit: 1, last: { error: { code: "session-running" } } });

  const asked = await user.run("ask", "What does a sheet lose that is handed in late?");
  expect(asked.exit).toBe(0);
  expect(asked.last.answer!.text.length).toBeGreaterThan(0);
  expect(asked.last.answer!.sources[0]).toMatchObject({ file: "05-course-information.txt", section: expect.any(String), score: expect.any(Number) });
  expect((await user.run("ask", "Who won the football world cup in 1998?")).last).toMatchObject({ nothingFound: true, answer: { sources: [] } });

  await user.crash();
  const adopted = await user.run("status");
  expect(adopted.last.session).toMatchObject({ id: started.last.session!.id });
  const again = await user.run("ask", "How does binary search work?");
  expect(again.exit).toBe(0);
  expect(again.last.answer!.sources[0]?.file).toMatch(/02-searching/);

  const stopped = await user.run("stop");
  expect(stopped).toMatchObject({ exit: 0, last: { stopped: true, session: { phase: "stopped", receipt: { costUsd: 0 } } } });
  // The agent answers before it ends.
  await expect.poll(() => host.processes()).toEqual([]);
  expect((await user.run("ask", "Anyone there?")).last.error?.code).toBe("session-missing");
});
