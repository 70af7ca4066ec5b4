import { expect, test } from "vitest";
import { ERRORS, MentorError, type ErrorCode } from "../../../src/contract/errors.ts";
import { describeFailure } from "../../../src/main/cli/failure.ts";
import { FakeCore } from "../../fakes/core.ts";
import { run } from "./run.ts";

const encrypted = new MentorError("key-encrypted", "The key /courses/key is protected by a passphrase.");
const SSH = ["--host", "ssh", "--ssh", "ann@host", "--identity", "key"];

test.each([
  { words: [] },
  { words: ["nope"] },
  { words: ["start", "--nope"] },
  { words: ["start", "--stick", "s", "--host", "moon"] },
  { words: ["start", "--stick", "s", "--host", "ssh"] },
  { words: ["start", "--stick", "s", "--host", "ssh", "--ssh", "ann@host"] },
  { words: ["start", "--stick", "s", "--host", "local", "--ssh", "ann@host"] },
  { words: ["ask"] },
  { words: ["ask", "one", "two"] },
  { words: ["ingest"] },
  { words: ["logs", "nobody"] },
  { words: ["upload", "file", "--ssh", "ann@host"] },
  { words: ["upload", "file", ...SSH.slice(2), "--to", "/models", "--mirror", "http://mirror.example/m.gguf"] },
  { words: ["start", "--stick", "s", ...SSH, "--mirror", "m.gguf"] },
  { words: ["llm", "--model", "m.gguf", "--port", "99999"] },
  { words: ["llm", "--model", "m.gguf", "--threads", "many"] },
])("$words is used wrongly: exit code 2, said on standard error, nothing started", async ({ words }) => {
  const core = new FakeCore();
  const { exit, stdout, stderr } = await run(core, words);
  expect([exit, stdout, core.calls]).toEqual([2, "", []]);
  expect(stderr).not.toBe("");
});

test("used wrongly with --json, the last line says so", async () => {
  const { exit, last } = await run(new FakeCore(), ["start", "--host", "moon", "--json"]);
  expect([exit, last.error?.code]).toEqual([2, "input-invalid"]);
});

test.each(["--help", "--version"])("%s is answered with exit code 0", async (word) => {
  const { exit, stdout } = await run(new FakeCore(), [word]);
  expect([exit, stdout === ""]).toEqual([0, false]);
});

test("a step that needs help is undone, then told in one block", async () => {
  const core = new FakeCore();
  core.onStart = () => new MentorError("model-missing", "There is no .gguf file on /courses/stick.");
  const { exit, stderr } = await run(core, ["start", "--stick", "stick"]);
  expect([exit, core.session.phase, core.calls]).toEqual([1, "stopped", ["start", "cancel", "close"]]);
  expect(stderr).toMatchInlineSnapshot(`
    "✗ No model on this stick
      What happened: There is no .gguf file on /courses/stick.
      Kept: Nothing on the stick was changed.
      What to do: Copy a model file ending in .gguf onto the stick, or choose another stick.
    "
  `);
});

test("a failure with --json ends with its report", async () => {
  const core = new FakeCore();
  core.onStart = () => {
    throw new MentorError("session-running", "A session runs on this computer since 08:00.");
  };
  const { exit, last } = await run(core, ["start", "--stick", "stick", "--json"]);
  expect([exit, last]).toEqual([1, { error: { code: "session-running", message: "A session runs on this computer since 08:00." } }]);
});

test("no stick named and none plugged in", async () => {
  const { exit, stderr } = await run(new FakeCore(), ["start"]);
  expect([exit, stderr.split("\n")[0]]).toEqual([1, "✗ No stick found"]);
});

test("Ctrl-C cancels the start, waits until it is undone, and ends with 130", async () => {
  const core = new FakeCore();
  core.hang = true;
  const { exit, last } = await run(core, ["start", "--stick", "stick", "--json"], { interrupt: AbortSignal.timeout(50) });
  expect([exit, last.error?.code, core.session.phase]).toEqual([130, "cancelled", "stopped"]);
});

test("a failed question in practice still stops the session", async () => {
  const core = new FakeCore();
  core.practiceStick = { path: "/p", label: "p", kind: "practice", sizeBytes: null, freeBytes: null, readOnly: false, models: [], course: null, problem: null };
  core.answer = [{ type: "error", code: "answer-failed", message: "The model went away." }];
  const { exit, last } = await run(core, ["practice", "--json"]);
  expect([exit, last, core.session.phase]).toEqual([1, { error: { code: "answer-failed", message: "The model went away." } }, "stopped"]);
});

test("practice leaves a session alone that was there before", async () => {
  const core = new FakeCore();
  core.practiceStick = { path: "/p", label: "p", kind: "practice", sizeBytes: null, freeBytes: null, readOnly: false, models: [], course: null, problem: null };
  core.onStart = () => {
    throw new MentorError("session-running", "One runs.");
  };
  const { exit } = await run(core, ["practice"]);
  expect([exit, core.calls.filter((call) => call === "stop" || call === "cancel")]).toEqual([1, []]);
});

test("an encrypted key's passphrase is asked for at a terminal and goes to the waiting step", async () => {
  const core = new FakeCore();
  core.onStart = () => encrypted;
  const { exit, stdout, stderr } = await run(core, ["start", "--stick", "s", ...SSH], { typed: ["open sesame"] });
  expect([exit, core.retries]).toEqual([0, [{ passphrase: "open sesame" }]]);
  expect(stdout + stderr).not.toContain("sesame");
});

test("a wrong passphrase is asked for again", async () => {
  const core = new FakeCore();
  core.onStart = () => encrypted;
  core.onRetry = () => (core.retries.length < 2 ? new MentorError("key-passphrase-wrong", "It does not open.") : null);
  const { exit } = await run(core, ["start", "--stick", "s", ...SSH], { typed: ["one", "two"] });
  expect([exit, core.retries]).toEqual([0, [{ passphrase: "one" }, { passphrase: "two" }]]);
});

test("with --json nobody is asked: an encrypted key fails", async () => {
  const core = new FakeCore();
  core.onStart = () => encrypted;
  const { exit, last } = await run(core, ["start", "--stick", "s", ...SSH, "--json"], { typed: ["open sesame"] });
  expect([exit, last.error?.code, core.retries]).toEqual([1, "key-encrypted", []]);
});

test("an upload asks for the passphrase as well", async () => {
  const core = new FakeCore();
  core.onUpload = ({ passphrase }) => {
    if (passphrase === undefined) throw encrypted;
    return [{ type: "done", result: { path: "/m", bytes: 1, sha256: "a", bytesSent: 1, bytesKept: 0, bytesFromMirror: 0, seconds: 1, skipped: false } }];
  };
  const { exit } = await run(core, ["upload", "f", "--ssh", "ann@host", "--identity", "key", "--to", "/models"], { typed: ["open sesame"] });
  expect([exit, core.uploads.map(({ passphrase }) => passphrase)]).toEqual([0, [undefined, "open sesame"]]);
});

test("a changed host key names the identity that would have to be trusted", async () => {
  const core = new FakeCore();
  core.onStart = () => new MentorError("host-key-changed", "ann@host showed SHA256:new.", { details: { fingerprint: "SHA256:new" } });
  expect((await run(core, ["start", "--stick", "s", ...SSH])).stderr).toContain("--trust SHA256:new");
  const trusting = new FakeCore();
  await run(trusting, ["start", "--stick", "s", ...SSH, "--trust", "SHA256:new"]);
  expect(trusting.requests[0]?.host).toMatchObject({ trustFingerprint: "SHA256:new" });
});

test("a host that is gone keeps no session: stop says how to let go, and stop --forget does", async () => {
  const core = new FakeCore();
  await run(core, ["start", "--stick", "s", ...SSH]);
  core.hostGone = true;
  const stopped = await run(core, ["stop"]);
  expect([stopped.exit, core.session.phase]).toEqual([1, "needs-help"]);
  expect(stopped.stderr).toContain("ai-mentor stop --forget");
  const forgotten = await run(core, ["stop", "--forget"]);
  expect([forgotten.exit, core.session.phase, core.calls.filter((call) => call === "stop" || call === "forget")]).toEqual([0, "stopped", ["stop", "forget"]]);
  expect(forgotten.stdout).toContain("let go");
});

test("stop --forget first tries to stop cleanly", async () => {
  for (const hostGone of [false, true]) {
    const core = new FakeCore();
    await run(core, ["start", "--stick", "s", ...SSH]);
    core.hostGone = hostGone;
    const { exit } = await run(core, ["stop", "--forget"]);
    expect([exit, core.session.phase, core.calls.filter((call) => call === "stop" || call === "forget")]).toEqual([0, "stopped", hostGone ? ["stop", "forget"] : ["stop"]]);
  }
});

test("a core that goes away is said, not waited for", async () => {
  const core = new FakeCore();
  core.hang = true;
  const connect = core.connect;
  core.connect = async () => ({ ...(await connect()), closed: Promise.resolve() });
  const { exit, last } = await run(core, ["start", "--stick", "s", "--json"]);
  expect([exit, last.error?.code]).toEqual([1, "core-unreachable"]);
});

test("what a person is told to do can be done in a terminal", () => {
  const advised = (Object.keys(ERRORS) as ErrorCode[]).map((code) => describeFailure({ code, message: "m" }));
  expect(advised.filter((text) => /\b[Pp]ress (Retry|Start|Stop)\b|choose Forget|open the logs/.test(text))).toEqual([]);
  expect(describeFailure({ code: "stop-incomplete", message: "m" })).toContain("If the host is gone, use ai-mentor stop --forget.");
});
