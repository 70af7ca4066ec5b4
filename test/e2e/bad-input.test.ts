import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/contract/errors.ts";
import type { StepId } from "../../src/contract/plan.ts";
import { tinyGguf, type TinyModel } from "../parts/gguf.ts";
import { newUser, type CliLine, type CliRun, type CliUser } from "../parts/mentor-cli.ts";
import { chatModel, embeddingModel } from "../parts/models.ts";
import { runAtTerminal } from "../parts/pseudo-terminal.ts";
import { sshHostMissing, startSshHost, type SshHostPart } from "../parts/ssh-host.ts";
import { freePort, sshdMissing, startSshd, type Sshd } from "../parts/sshd.ts";

/**
 * What a person may do wrong, from the command line down to real hosts. Each is one plain error,
 * and each leaves the user free to start again: all tests here share one data folder, so that a
 * session left half-started by one would stop the next.
 */
const MINUTE = 60_000;
const PASSPHRASE = "open sesame, twice";

let user: CliUser;
let folder: string;
beforeAll(async () => {
  await embeddingModel();
  user = newUser();
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-bad-"));
}, 10 * MINUTE);
afterAll(async () => {
  await user.leave();
  rmSync(folder, { recursive: true, force: true });
});

/** Whole, runnable by its header, and larger in memory than any computer: past it no service is started. */
const giant = (rest: TinyModel = {}) => tinyGguf({ name: "Giant", ...rest, metadata: { "llama.block_count": { type: "u32", value: 1_000_000 }, ...rest.metadata } });
const part = (number: number) => giant({ metadata: { "split.no": { type: "u32", value: number - 1 }, "split.count": { type: "u32", value: 2 } } });

function makeStick(name: string, files: Record<string, Uint8Array | string>): string {
  const stick = join(folder, name);
  for (const [file, content] of Object.entries(files)) put(join(stick, file), content);
  mkdirSync(stick, { recursive: true });
  return stick;
}

function put(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** One plain error with all that a person needs, and nothing of the attempt left behind. */
async function expectFailure(run: CliRun, code: ErrorCode, ...words: string[]): Promise<void> {
  expect({ code: run.last.error?.code, message: run.last.error?.message }).toEqual({ code, message: expect.any(String) });
  expect(run.exit).toBe(1);
  expect(run.lines.filter((line) => "error" in line)).toHaveLength(1);
  for (const word of words) expect(run.last.error?.message).toContain(word);
  expect(run.stderr.split("\n").filter((line) => /^(✗|  Kept:|  What to do:)/.test(line))).toEqual([
    `✗ ${ERRORS[code].title}`,
    expect.stringMatching(/^  Kept: ./),
    expect.stringMatching(/^  What to do: ./),
  ]);
  await expectNothingLeft();
}

/** What a start with the giant meets once it is past the door; a session of this computer's user may hold the ports. */
const LET_IN = new RegExp(`${ERRORS["memory-too-small"].title}|${ERRORS["port-in-use"].title}`);

async function expectLetIn(run: CliRun): Promise<void> {
  expect(run.stderr).toMatch(LET_IN);
  await expectFailure(run, run.last.error!.code);
}

async function expectNothingLeft(): Promise<void> {
  const { last } = await user.run("status");
  expect(last.session?.phase).toMatch(/^(idle|stopped)$/);
  // The core may be in the middle of writing something just then.
  await expect.poll(() => readdirSync(user.home, { recursive: true, encoding: "utf8" }).filter((name) => /\.(part|new|tmp)$/.test(name))).toEqual([]);
}

describe("the stick", () => {
  const start = (stick: string, ...words: string[]) => user.run("start", "--stick", stick, "--host", "local", ...words);

  test("is not there, or is a file", async () => {
    await expectFailure(await start(join(folder, "nowhere")), "stick-missing", "nowhere");
    put(join(folder, "a file"), "x");
    await expectFailure(await start(join(folder, "a file")), "stick-missing", "a file");
  });

  const BROKEN: [string, Record<string, Uint8Array | string>, ErrorCode, string[]][] = [
    ["holds no model", { "notes.txt": "x", "weights.safetensors": "x" }, "model-missing", ["weights.safetensors"]],
    ["holds a web page called a model", { "m.gguf": "<html>Sign in</html>" }, "model-not-gguf", ["m.gguf"]],
    ["holds a model that is cut short", { "m.gguf": giant().subarray(0, -100) }, "model-truncated", ["m.gguf"]],
    ["holds a model for another engine", { "m.gguf": tinyGguf({ architecture: "llama9000" }) }, "model-unsupported", ["m.gguf", "llama9000"]],
    ["holds half of a split model", { "m-00001-of-00002.gguf": part(1) }, "model-split-incomplete", ["m-00002-of-00002.gguf"]],
    ["holds a model larger than the memory", { "m.gguf": giant() }, "memory-too-small", ["Giant", "GB"]],
    ["holds all parts of a split model", { "m-00001-of-00002.gguf": part(1), "m-00002-of-00002.gguf": part(2) }, "memory-too-small", ["Giant"]],
    ["has a name with quotes, a line break and a leading dash", { "-rf \"$(id)\"\n'ü'.gguf": giant() }, "memory-too-small", ["$(id)", "GB"]],
  ];
  test.each(BROKEN)("%s", async (name, files, code, words) => {
    await expectFailure(await start(makeStick(`-stick "${name}"\n`, files)), code, ...words);
  });

  test("holds two models, of which one is then named", async () => {
    const stick = makeStick("two", { "a.gguf": giant({ name: "Anna" }), "b dir/b.gguf": giant({ name: "Berta" }) });
    await expectFailure(await start(stick), "model-ambiguous", "a.gguf", "b dir/b.gguf");
    await expectFailure(await start(stick, "--model", "c.gguf"), "model-missing", "c.gguf");
    await expectFailure(await start(stick, "--model", "b dir/b.gguf"), "memory-too-small", "Berta");
    await expectFailure(await start(stick, "--model", join(stick, "a.gguf")), "memory-too-small", "Anna");
  });

  test("comes with a course folder that is missing or holds nothing to read", async () => {
    const stick = makeStick("with course", { "m.gguf": giant() });
    await expectFailure(await start(stick, "--course", join(folder, "no course")), "course-missing", "no course");
    put(join(folder, "odd course", "film.mp4"), "x");
    await expectFailure(await start(stick, "--course", join(folder, "odd course")), "course-empty", "odd course");
  });
});

describe.skipIf(sshdMissing !== null)("the host", () => {
  let sshd: Sshd;
  let stick: string;
  let silent: Server;
  let patient: CliUser;
  let unanswered: Promise<CliRun>;
  const start = (address: string, identity = sshd.identity, ...words: string[]) => user.run("start", "--stick", stick, "--host", "ssh", "--ssh", address, "--identity", identity, ...words);
  const keygen = (name: string, ...words: string[]) => {
    execFileSync("ssh-keygen", ["-q", "-C", "test", "-t", "ed25519", "-f", join(folder, name), ...words]);
    return join(folder, name);
  };

  beforeAll(async () => {
    sshd = await startSshd();
    stick = makeStick("for hosts", { "m.gguf": giant() });
    silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    patient = newUser();
    // The wait that a person has: it begins here, and the tests go on meanwhile.
    unanswered = patient.run("start", "--stick", stick, "--host", "ssh", "--ssh", `ann@127.0.0.1:${(silent.address() as AddressInfo).port}`, "--identity", sshd.identity);
  });
  afterAll(async () => {
    silent.close();
    await patient.leave();
    await sshd.stop();
  });

  test.each(["", "ro ot@host", "root@-oProxyCommand=id", "root@ho\nst", "root@h\u202eost"])("has an address that cannot be: %j", async (address) => {
    await expectFailure(await start(address), "host-address-invalid", JSON.stringify(address));
  });

  test("is not known, or listens on another port", async () => {
    await expectFailure(await start("root@no-such-host.invalid"), "host-not-found", "no-such-host.invalid");
    const port = await freePort();
    await expectFailure(await start(`root@127.0.0.1:${port}`), "host-refused", String(port));
  });

  test("does not know the key", async () => {
    await expectFailure(await start(sshd.address, keygen("strange key", "-N", "")), "key-rejected", sshd.user);
  });

  test("is given a key file that is none", async () => {
    await expectFailure(await start(sshd.address, join(folder, "no key")), "key-missing", "no key");
    put(join(folder, "key.ppk"), "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n");
    await expectFailure(await start(sshd.address, join(folder, "key.ppk")), "key-putty", "key.ppk");
    await expectFailure(await start(sshd.address, `${sshd.identity}.pub`), "key-invalid", ".pub");
  });

  test("is given an encrypted key: the passphrase is asked for at a terminal, and written nowhere", async () => {
    const locked = keygen("locked", "-N", PASSPHRASE);
    writeFileSync(join(sshd.folder, "authorized_keys"), readFileSync(`${locked}.pub`), { flag: "a" });
    await expectFailure(await start(sshd.address, locked), "key-encrypted", "locked");

    const argv = [...user.command, "start", "--stick", stick, "--host", "ssh", "--ssh", sshd.address, "--identity", locked];
    const typed = await runAtTerminal(argv, user.env, [
      { prompt: /Passphrase for .*: /, typed: "open says me\n" },
      { prompt: /did not open it\. Passphrase for .*: /, typed: `${PASSPHRASE}\n` },
    ]);
    expect(typed.exit).toBe(1);
    expect(typed.screen).toMatch(LET_IN);
    await expectNothingLeft();

    for (const secret of [PASSPHRASE, "open says me"]) {
      expect(typed.screen).not.toContain(secret);
      for (const file of filesUnder(user.home)) expect({ file, found: readFileSync(file).includes(secret) }).toEqual({ file, found: false });
    }
  });

  test("has another identity than before: refused with both fingerprints, and met again when its new one is confirmed", async () => {
    await expectLetIn(await start(sshd.address));
    const before = sshd.fingerprint();
    sshd.swapHostKey();
    await sshd.restart();
    const after = sshd.fingerprint();
    const refused = await start(sshd.address);
    await expectFailure(refused, "host-key-changed", before, after);
    expect(refused.stderr).toContain(`--trust ${after}`);
    await expectFailure(await start(sshd.address, sshd.identity, "--trust", before), "host-key-changed", before, after);
    await expectLetIn(await start(sshd.address, sshd.identity, "--trust", after));
    await expectLetIn(await start(sshd.address));
  });

  test("is left as it was: nothing was put there", () => {
    expect(readdirSync(sshd.home)).toEqual([]);
  });

  test("takes the call and says nothing: given up in less than a minute", async () => {
    const run = await unanswered;
    expect(run.last.error).toMatchObject({ code: "host-silent", message: expect.stringContaining("ann@127.0.0.1") });
    expect(run.exit).toBe(1);
    const { startedAt, endedAt } = run.lines.map((line) => line.step).find((step) => step?.id === "connect" && step.endedAt !== null)!;
    expect(Date.parse(endedAt!) - Date.parse(startedAt!)).toBeLessThan(MINUTE);
    expect((await patient.run("status")).last.session?.phase).toBe("stopped");
  });
});

describe("a host of its own", () => {
  let host: SshHostPart;
  let stick: string;
  const MODEL = `-model "x" $(id)\n'ß' 型.gguf`;
  const SEARCH = "-search 'm'.gguf";
  const DOCUMENT = `-week "1"\n$(id)/'Äpfel' & Öl; 課.md`;

  beforeAll(async () => {
    if (sshHostMissing !== null) return;
    host = await startSshHost();
    stick = join(folder, `-odd "stick" $(touch pwned)\n'ü' 模`);
    put(join(stick, "course", DOCUMENT), "# Late sheets\n\nA sheet that is handed in late loses two points for every day that has begun.\n");
    put(join(stick, "course", "broken.pdf"), "%PDF-1.4\nthis is no PDF");
    copyFileSync(await chatModel(), join(stick, MODEL));
    copyFileSync(await embeddingModel(), join(stick, SEARCH));
  }, 10 * MINUTE);
  afterAll(() => host?.stop());
  beforeEach((context) => {
    if (sshHostMissing !== null) context.skip(sshHostMissing);
  });

  const start = (from: string) => ["start", "--stick", from, "--host", "ssh", "--ssh", host.address, "--identity", host.identity];
  /** Runs on the host as its owner would, until its input ends. */
  const onHost = (...words: string[]) => spawn("ssh", ["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i", host.identity, host.address.replace(/:22$/, ""), ...words], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("close", resolve));

  /** Acts once, when a step has begun. */
  const when = (step: StepId, act: (pressCtrlC: () => void) => void) => {
    let acted = false;
    return (line: CliLine, pressCtrlC: () => void) => {
      if (acted || line.step?.id !== step || line.step.status !== "running") return;
      acted = true;
      act(pressCtrlC);
    };
  };

  /** What was told to end, and whatever told it, may still be on their way out. */
  async function expectHostClean(): Promise<void> {
    await expect.poll(() => host.processes()).toEqual([]);
    await expectNothingLeft();
  }

  test("another program has one of our ports: it is left alone, and nothing is sent", async () => {
    const other = onHost("exec python3 -uc 'import socket, sys; port = socket.create_server((\"127.0.0.1\", 8000)); print(\"up\"); sys.stdin.read()'");
    await once(other.stdout, "data");
    await expectFailure(await user.run(...start(makeStick("port", { "m.gguf": tinyGguf() }))), "port-in-use", "8000");
    await expect.poll(() => host.processes()).toEqual([expect.stringContaining("python3 -uc")]);
    other.stdin.end();
    await ended(other);
    expect(readdirSync(join(host.root, "workspace"))).toEqual([]);
  });

  test("too little room on its disk: both figures are said, and nothing is sent", async () => {
    expect(await ended(onHost("mount -t tmpfs -o size=100m none /workspace"))).toBe(0);
    await expectFailure(await user.run(...start(makeStick("disk", { "m.gguf": tinyGguf() }))), "disk-full", "0.1 GB", "2.1 GB", "/workspace");
    expect(await ended(onHost('test -z "$(ls -A /workspace)" && umount /workspace'))).toBe(0);
    await expectHostClean();
  });

  test.each(["install-kit", "upload-model", "start-llm"] as const)("Ctrl-C in the middle of %s undoes what was started", { timeout: 5 * MINUTE }, async (step) => {
    const stopped = await user.runWatched(when(step, (pressCtrlC) => pressCtrlC()), ...start(stick));
    expect({ exit: stopped.exit, code: stopped.last.error?.code }).toEqual({ exit: 130, code: "cancelled" });
    await expectHostClean();
  });

  test("the stick is pulled out while its model is sent", { timeout: 5 * MINUTE }, async () => {
    const elsewhere = join(folder, "pulled out");
    const removed = await user.runWatched(when("upload-model", () => renameSync(stick, elsewhere)), ...start(stick));
    renameSync(elsewhere, stick);
    await expectFailure(removed, "stick-removed");
    await expectHostClean();
  });

  test("the app crashes in the middle of a start: it is found again, keeps a second start away, and can be stopped", { timeout: 5 * MINUTE }, async () => {
    const crashed = await user.runWatched(when("upload-model", () => void user.crash()), ...start(stick));
    expect(crashed).toMatchObject({ exit: 1, last: { error: { code: "core-unreachable" } } });
    expect((await user.run("status")).last.session?.phase).toMatch(/starting|needs-help/);
    expect(await user.run(...start(stick))).toMatchObject({ exit: 1, last: { error: { code: "session-running" } } });
    expect(await user.run("stop")).toMatchObject({ exit: 0, last: { stopped: true } });
    await expectHostClean();
  });

  test("after all that a good start goes through, whatever its names have in them", { timeout: 10 * MINUTE }, async () => {
    const started = await user.run(...start(stick));
    expect({ exit: started.exit, error: started.last.error }).toEqual({ exit: 0, error: undefined });
    expect(started.last.session?.course).toMatchObject({ documents: 1 });
    expect(readdirSync(join(host.root, "workspace/models")).filter((name) => !name.endsWith(".journal")).sort()).toEqual([MODEL, SEARCH].sort());

    expect(await user.run("start", "--stick", stick, "--host", "local")).toMatchObject({ exit: 1, last: { error: { code: "session-running", message: expect.stringContaining(host.address.replace(":22", "")) } } });
    const asked = await user.run("ask", "What does a sheet lose that is handed in late?");
    expect(asked.last.answer?.sources[0]).toMatchObject({ file: DOCUMENT, section: expect.stringContaining("Late sheets") });
    for (const [question, code] of [["", "question-empty"], [" \n", "question-empty"], ["x".repeat(2001), "question-too-long"]] as const) {
      expect(await user.run("ask", question)).toMatchObject({ exit: 1, last: { error: { code } } });
    }
    expect(await user.run("ingest", join(folder, "no course"))).toMatchObject({ exit: 1, last: { error: { code: "course-missing" } } });
    mkdirSync(join(folder, "empty course"));
    expect(await user.run("ingest", join(folder, "empty course"))).toMatchObject({ exit: 1, last: { error: { code: "course-empty" } } });
    expect(await user.run("ingest", join(stick, "course"))).toMatchObject({ exit: 0, last: { ingested: { documents: 1, failed: [{ file: "broken.pdf" }] } } });

    const sockets = await text(onHost("cat /proc/net/tcp /proc/net/tcp6").stdout);
    const listening = sockets.split("\n").map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === "0A" && !fields[1]!.endsWith(":0016"));
    expect(listening.length).toBeGreaterThanOrEqual(4);
    expect(listening.filter((fields) => !/^(0{16}FFFF0000)?0100007F:|^0{24}01000000:/.test(fields[1]!))).toEqual([]);

    // Whatever ends the agent, the services that it leaves behind are ended all the same.
    const { pid } = JSON.parse(readFileSync(join(host.root, "workspace/ai-mentor/run/agent.json"), "utf8")) as { pid: number };
    expect(await ended(onHost(`kill -KILL ${pid}`))).toBe(0);
    expect(host.processes().length).toBeGreaterThan(0);
    expect(await user.run("stop")).toMatchObject({ exit: 0, last: { stopped: true, session: { phase: "stopped" } } });
    await expectHostClean();
  });
});

describe("the data folder", () => {
  test("holds nothing that another user of this computer can read", () => {
    const open = [user.home, ...filesUnder(user.home)].filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect(open.map((path) => path.slice(user.home.length))).toEqual([]);
  });
});

function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
