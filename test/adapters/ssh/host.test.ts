import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, connect, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import { runToEnd } from "../../../src/core/host/run.ts";
import type { Host } from "../../../src/core/ports.ts";
import { freePort, sshdMissing, startSshd, type Sshd } from "../../parts/sshd.ts";

describe.skipIf(sshdMissing !== null)("a host behind SSH", () => {
  let sshd: Sshd;
  let host: Host;
  let folder: string;

  beforeAll(async () => {
    sshd = await startSshd();
    folder = mkdtempSync(join(tmpdir(), "ai-mentor-ssh-"));
    const connector = new SshConnector(join(folder, "known_hosts.json"), systemClock);
    host = await connector.connect({ kind: "ssh", address: sshd.address, identity: sshd.identity });
  });

  afterAll(async () => {
    await host?.close();
    await sshd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const PRINT = "for w do printf '%s\\n--\\n' \"$w\"; done";

  test.each([
    ["spaces and quotes", ["a b", `it's "quoted"`, "`tick`"]],
    ["what a shell would expand", ["$(touch /tmp/never)", "${HOME}", "*", "~", "a;b|c&d>e", "!!"]],
    ["newlines, also at the end", ["one\ntwo", "end\n", "\n\n", "\r\n"]],
    ["empty words", ["", "", "x", ""]],
    ["leading dashes", ["-n", "--", "-e", "--help"]],
    ["other scripts and backslashes", ["Bücher/日本語 🎓", "\\n \\0101 \\\\", "%s %b", "\u0001\u007f\t"]],
    ["nothing", []],
  ])("arguments arrive as they are: %s", async (_, words) => {
    const result = await host.exec(["/bin/sh", "-c", PRINT, "sh", ...words]);
    expect(result).toEqual({ exitCode: 0, killedBy: null, stdout: words.map((word) => `${word}\n--\n`).join(""), stderr: "" });
  });

  test("standard input reaches the program whole, from its first byte", async () => {
    const input = new Uint8Array(300_000).map((_, index) => (index * 7) & 0xff);
    const process = await host.spawn(["/bin/sh", "-c", "cksum; printf %s \"$1\" >&2", "sh", "given"]);
    const [remote, local] = await Promise.all([runToEnd(process, { input }), host.exec(["cksum"], { input })]);
    expect(remote.stdout).toBe(local.stdout);
    expect(remote.stdout).toMatch(/ 300000\n$/);
    expect(remote.stderr).toBe("given");
  });

  test("what the account's start-up files print is no output of the program", async () => {
    writeFileSync(join(sshd.home, ".bashrc"), "echo Welcome; echo 'Mind the cat' >&2\n");
    try {
      expect(await host.exec(["echo", "hello"])).toEqual({ exitCode: 0, killedBy: null, stdout: "hello\n", stderr: "" });
    } finally {
      rmSync(join(sshd.home, ".bashrc"));
    }
  });

  test.each([
    ["output", ""],
    ["errors", ">&2"],
  ])("start-up files that print without end are named as the reason: %s", async (_, where) => {
    writeFileSync(join(sshd.home, ".bashrc"), `head -c 3000000 /dev/zero | tr '\\0' x ${where}\n`);
    try {
      await expect(host.exec(["echo", "hello"])).rejects.toMatchObject({ code: "host-unsuitable" });
    } finally {
      rmSync(join(sshd.home, ".bashrc"));
    }
    expect(await host.exec(["echo", "hello"])).toMatchObject({ stdout: "hello\n" });
  });

  test("cancelling helps where the account's start-up files never end", async () => {
    writeFileSync(join(sshd.home, ".bashrc"), "while read -r line; do :; done\n");
    try {
      const process = await host.spawn(["echo", "hello"], AbortSignal.timeout(100));
      await expect(process.exited).rejects.toThrow(/timeout/i);
    } finally {
      rmSync(join(sshd.home, ".bashrc"));
    }
  });

  test("exit codes, missing programs and signals are told apart", async () => {
    expect(await host.exec(["/bin/sh", "-c", "echo no >&2; exit 7"])).toMatchObject({ exitCode: 7, stderr: "no\n" });
    expect(await host.exec(["no-such-program"])).toMatchObject({ exitCode: 127 });
    expect(await host.exec(["/bin/sh", "-c", "kill -9 $$"])).toMatchObject({ exitCode: null, killedBy: "SIGKILL" });
    await expect(host.exec(["cat", "a\0b"])).rejects.toMatchObject({ code: "input-invalid" });
  });

  test("only a bounded part of endless output is kept", async () => {
    const result = await host.exec(["head", "-c", "3000000", "/dev/zero"], { maxOutputBytes: 1000 });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toHaveLength(1000);
  });

  test.each([
    ["a willing program", "echo $$; exec sleep 1000"],
    ["one that ignores the request", "trap '' TERM HUP PIPE; echo $$; while :; do sleep 0.1; done"],
  ])("kill ends %s on the host", async (_, script) => {
    const process = await host.spawn(["/bin/sh", "-c", script]);
    const pid = await new Promise<number>((resolve) => process.stdout.once("data", (data: Buffer) => resolve(Number(data))));
    process.stdin.end();
    process.stdout.resume();
    process.kill();
    const end = await process.exited;
    expect(end.killedBy).toMatch(/SIGTERM|SIGKILL/);
    await expect.poll(async () => (await host.exec(["kill", "-0", String(pid)])).exitCode).not.toBe(0);
  });

  test("cancelling ends the program and says so", async () => {
    const cancel = new AbortController();
    const running = host.exec(["sleep", "1000"], { signal: cancel.signal });
    setTimeout(() => cancel.abort(new Error("enough")), 50);
    await expect(running).rejects.toThrow("enough");
  });

  test("small files are written atomically with their mode, read, and missed", async () => {
    const path = join(folder, "new", "it's a \"file\"\n-with ünusual name");
    const content = new Uint8Array([0, 255, 10, 13, 0]);
    await host.writeFile(path, content);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await host.readFile(path)).toEqual(Buffer.from(content));
    expect(await host.readFile(path, 2)).toEqual(Buffer.from([0, 255]));
    expect(await host.stat(path)).toMatchObject({ bytes: 5 });
    await host.writeFile(path, "longer than before", 0o755);
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(readFileSync(path, "utf8")).toBe("longer than before");
    expect(await host.readFile(join(folder, "nothing"))).toBeNull();
    expect(await host.stat(join(folder, "nothing"))).toBeNull();
    await expect(host.writeFile("/proc/nothing/here", "x")).rejects.toMatchObject({ code: "host-unsuitable" });
  });

  test("more programs at once than the host has channels for", async () => {
    const results = await Promise.all(Array.from({ length: 25 }, (_, index) => host.exec(["echo", String(index)])));
    expect(results.map((result) => Number(result.stdout))).toEqual(Array.from({ length: 25 }, (_, index) => index));
  });

  test("whoever stops waiting for a channel does not hold up the others", async () => {
    const lane = await host.openLane();
    try {
      const running = await Promise.all(Array.from({ length: 8 }, () => lane.spawn(["cat"])));
      const enough = new AbortController();
      const given = lane.spawn(["echo", "never"], enough.signal);
      const patient = lane.spawn(["echo", "at last"]);
      enough.abort(new Error("enough"));
      await expect(given).rejects.toThrow("enough");
      running[0]!.stdin.end();
      expect(await runToEnd(await patient)).toMatchObject({ exitCode: 0, stdout: "at last\n" });
      for (const process of running.slice(1)) process.stdin.end();
    } finally {
      await lane.close();
    }
  });

  test("a lane is a connection of its own, with programs and files at offsets", async () => {
    const lane = await host.openLane();
    try {
      const path = join(folder, "lane file");
      writeFileSync(path, "");
      const file = await lane.openFile(path, "r+");
      const bytes = new Uint8Array(700_000).fill(7);
      await file.write(bytes, 3);
      expect(Buffer.compare(await file.read(bytes.length + 10, 3), bytes)).toBe(0);
      await file.close();
      expect(readFileSync(path).length).toBe(700_003);
      const process = await lane.spawn(["echo", "hello"]);
      expect((await runToEnd(process)).stdout).toBe("hello\n");
    } finally {
      await lane.close();
    }
  });

  describe("tunnels", () => {
    let echo: Server;
    let echoPort: number;
    beforeAll(async () => {
      echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));
      await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
      echoPort = (echo.address() as AddressInfo).port;
    });
    afterAll(() => new Promise((resolve) => echo.close(resolve)));

    const say = (port: number, text: string) =>
      new Promise<string>((resolve, reject) => {
        let heard = "";
        const socket = connect(port, "127.0.0.1", () => socket.end(text));
        socket
          .setEncoding("utf8")
          .on("data", (data: string) => (heard += data))
          .on("close", () => resolve(heard))
          .on("error", reject);
      });

    test("carry bytes both ways from the wanted port", async () => {
      const wanted = await freePort();
      const tunnel = await host.openTunnel(echoPort, wanted);
      expect(tunnel).toMatchObject({ localPort: wanted, moved: false });
      const long = "x".repeat(200_000);
      expect(await Promise.all([say(wanted, "one"), say(wanted, long)])).toEqual(["one", long]);
      await tunnel.close();
      await expect(say(wanted, "gone")).rejects.toThrow("ECONNREFUSED");
    });

    test("move to a free port where the wanted one is taken", async () => {
      const tunnel = await host.openTunnel(echoPort, echoPort);
      expect(tunnel.moved).toBe(true);
      expect(await say(tunnel.localPort, "moved")).toBe("moved");
      await tunnel.close();
    });

    test("close the connection when nothing listens on the host, and live on", async () => {
      const tunnel = await host.openTunnel(await freePort(), await freePort());
      expect(await say(tunnel.localPort, "anyone?").catch(() => "")).toBe("");
      expect((await host.exec(["echo", "alive"])).stdout).toBe("alive\n");
      await tunnel.close();
    });
  });
});
