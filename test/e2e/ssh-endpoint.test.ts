import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ANSWERED_BY, COURSE, QUESTION, userWithEndpoint } from "../parts/endpoint-user.ts";
import { filesWith } from "../parts/kept-key.ts";
import { sshHostMissing, startSshHost } from "../parts/ssh-host.ts";

/** The kit is sent to the host: on two loaded cores that takes minutes. */
const MINUTES = 15 * 60_000;

test("a host behind SSH asks somebody else's server by its own network: no model is sent, and the key is in one file until Stop", { timeout: MINUTES }, async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  const { user, url, key, startOn } = await userWithEndpoint();
  const home = join(host.root, "workspace/ai-mentor");
  const keyFiles = () => ["run", "logs", "data"].flatMap((name) => filesWith(join(home, name), key).map((file) => `${name}/${file}`));

  // What this computer reaches is not what the host reaches: that is found out before anything is started.
  const unreachable = await startOn(host, "--course", COURSE, "--llm-url", url, "--embedding-url", url);
  expect({ exit: unreachable.exit, code: unreachable.last.error?.code }).toEqual({ exit: 1, code: "endpoint-unreachable" });
  await expect.poll(() => host.processes()).toEqual([]);

  const { exit, last, stderr } = await startOn(host, "--course", COURSE);
  expect({ exit, stderr, error: last.error }).toEqual({ exit: 0, stderr: "", error: undefined });
  expect(last.session).toMatchObject({ phase: "ready", host: { kind: "ssh" }, stick: null, model: null, course: { documents: 5 } });
  const steps = last.session!.steps.map(({ id }) => id);
  for (const left of ["upload-model", "start-llm"]) expect(steps).not.toContain(left);
  expect(existsSync(join(host.root, "workspace/models")) ? readdirSync(join(host.root, "workspace/models")) : []).toEqual([]);
  expect(host.processes().filter((line) => line.includes("llm.mjs"))).toEqual([]);

  const asked = await user.run("ask", QUESTION);
  expect(asked.last.answer!.text.trim()).not.toBe("");
  expect(asked.last.answer!.sources[0]!.file).toBe(ANSWERED_BY);
  expect(keyFiles()).toEqual(["run/api.json"]);
  expect(statSync(join(home, "run/api.json")).mode & 0o777).toBe(0o600);
  expect(host.processes().join("\n")).not.toContain(key);
  expect(JSON.stringify([last, (await user.run("logs")).lines])).not.toContain(key);
  expect(filesWith(user.home, key)).toEqual(["secrets.json"]);

  // The host goes on without the app, and is found again with the endpoint that it has.
  await user.crash();
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe(ANSWERED_BY);

  const stopped = await user.run("stop", "--without-backup");
  expect(stopped.last.session).toMatchObject({ phase: "stopped", receipt: { kept: expect.arrayContaining([expect.stringMatching(/^Questions, with passages of the course, went to /), expect.stringMatching(/^The course's text went to /)]) } });
  await expect.poll(() => host.processes()).toEqual([]);
  expect(keyFiles()).toEqual([]);
});
