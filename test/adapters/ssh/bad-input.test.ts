import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { formatAddress, parseAddress } from "../../../src/adapters/ssh/address.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import { loadIdentity } from "../../../src/adapters/ssh/identity.ts";
import { freshPair, listKeys, makeKey } from "../../../src/adapters/ssh/keys.ts";
import { freePort, sshdMissing, startSshd, type Sshd } from "../../parts/sshd.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-bad-input-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an address", () => {
  test.each([
    ["root@203.0.113.7", { user: "root", host: "203.0.113.7", port: 22 }],
    ["root@203.0.113.7:22022", { user: "root", host: "203.0.113.7", port: 22022 }],
    ["me@[2001:db8::7]:2222", { user: "me", host: "2001:db8::7", port: 2222 }],
    ["jörg@bücher.example", { user: "jörg", host: "xn--bcher-kva.example", port: 22 }],
  ])("%s is read", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(parseAddress(formatAddress(parseAddress(text)))).toEqual(address);
  });

  test.each([
    "", "host", "@host", "root@", "root@host:", "root@host:0", "root@host:65536", "root@host:22x", "root@-oProxyCommand=x", "-oProxyCommand=x@host",
    "root@ho st", " root@host", "root@host\n", "root@ho\u202est", "root@2001:db8::7", "root@[nonsense]:22", "root@host/../x", "ro$(id)ot@host", "root@host;id", "root@'host'",
  ])("%j is refused", (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "host-address-invalid" }));
  });

  test("a proxied one is recognised before anything starts", () => {
    expect(() => parseAddress("abc-64410d@ssh.runpod.io")).toThrow(expect.objectContaining({ code: "host-proxied" }));
  });
});

describe.skipIf(sshdMissing !== null)("a key file", () => {
  const file = (name: string) => join(folder, name);
  const keygen = (name: string, ...words: string[]) => execFileSync("ssh-keygen", ["-q", "-C", "test", "-f", file(name), ...words]);
  beforeAll(() => {
    keygen("plain", "-t", "ed25519", "-N", "");
    keygen("rsa pem", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "");
    keygen("locked", "-t", "ed25519", "-N", "open sesame");
    keygen("locked pem", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "open sesame");
    writeFileSync(file("windows"), readFileSync(file("plain"), "utf8").replaceAll("\n", "\r\n"));
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(file("pkcs8"), privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(file("locked pkcs8"), privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open sesame" }));
    writeFileSync(file("putty.ppk"), "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n");
    writeFileSync(file("text"), "dear diary");
    writeFileSync(file("empty"), "");
    writeFileSync(file("broken"), readFileSync(file("plain"), "utf8").slice(0, 150));
    writeFileSync(file("big"), Buffer.alloc(100_000));
  });

  test.each(["plain", "rsa pem", "windows", "pkcs8"])("%s opens", async (name) => {
    expect((await loadIdentity(file(name))).isPrivateKey()).toBe(true);
  });

  test.each(["locked", "locked pem", "locked pkcs8"])("%s asks for its passphrase, and knows a wrong one", async (name) => {
    await expect(loadIdentity(file(name))).rejects.toMatchObject({ code: "key-encrypted" });
    await expect(loadIdentity(file(name), "open says me")).rejects.toMatchObject({ code: "key-passphrase-wrong" });
    expect((await loadIdentity(file(name), "open sesame")).isPrivateKey()).toBe(true);
  });

  test("a wrong passphrase that leaves valid padding by chance is still a wrong one", async () => {
    const key = readFileSync(file("locked pkcs8"), "utf8");
    const unlucky = Array.from({ length: 20_000 }, (_, index) => `guess ${index}`).find((passphrase) => openingFault(key, passphrase) === "ERR_OSSL_UNSUPPORTED");
    await expect(loadIdentity(file("locked pkcs8"), unlucky)).rejects.toMatchObject({ code: "key-passphrase-wrong" });
  });

  test.each([
    ["nowhere", "key-missing"],
    ["plain.pub", "key-invalid"],
    ["putty.ppk", "key-putty"],
    ["text", "key-invalid"],
    ["empty", "key-invalid"],
    ["broken", "key-invalid"],
    ["big", "key-invalid"],
    [".", "key-invalid"],
  ])("%s is refused as %s", async (name, code) => {
    await expect(loadIdentity(file(name))).rejects.toMatchObject({ code });
  });

  test("every pair of the app's own can be read again", () => {
    const damaged = Array.from({ length: 1_000 }, () => ssh2.utils.parseKey(freshPair("test").private)).filter((key) => key instanceof Error);
    expect(damaged).toEqual([]);
  });

  test("the app's own pair is private, opens, and is never overwritten", async () => {
    const keys = join(folder, "keys");
    expect(await listKeys(keys)).toEqual([]);
    const [first, second] = [await makeKey(keys), await makeKey(keys)];
    expect(await listKeys(keys)).toEqual([first, second]);
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
    expect(first.publicKey).toMatch(/^ssh-ed25519 \S+ ai-mentor@\S+$/);
    expect(execFileSync("ssh-keygen", ["-lf", `${first.path}.pub`], { encoding: "utf8" })).toContain(first.fingerprint);
    expect((await loadIdentity(first.path)).isPrivateKey()).toBe(true);
  });
});

describe.skipIf(sshdMissing !== null)("a host", () => {
  let sshd: Sshd;
  let connector: SshConnector;
  beforeAll(async () => {
    sshd = await startSshd();
    connector = new SshConnector(join(folder, "known_hosts.json"), systemClock);
  });
  afterAll(() => sshd.stop());

  const connect = (address: string, rest: { identity?: string; trustFingerprint?: string } = {}, signal?: AbortSignal) =>
    connector.connect({ kind: "ssh", address, identity: sshd.identity, ...rest }, signal);

  test("that does not know the key", async () => {
    const { path } = await makeKey(join(folder, "strange"));
    await expect(connect(sshd.address, { identity: path })).rejects.toMatchObject({ code: "key-rejected" });
  });

  test("with a wrong port, an unknown name, or another kind of server", async () => {
    await expect(connect(`root@127.0.0.1:${await freePort()}`)).rejects.toMatchObject({ code: "host-refused" });
    await expect(connect("root@no-such-host.invalid")).rejects.toMatchObject({ code: "host-not-found" });
    const web = createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).on("error", () => {}));
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    await expect(connect(`root@127.0.0.1:${(web.address() as AddressInfo).port}`)).rejects.toMatchObject({ code: "host-refused", message: expect.stringContaining("SSH server") });
    web.close();
  });

  test("that says nothing can be cancelled", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const cancel = new AbortController();
    const connecting = connect(`root@127.0.0.1:${(silent.address() as AddressInfo).port}`, {}, cancel.signal);
    setTimeout(() => cancel.abort(new Error("enough")), 50);
    await expect(connecting).rejects.toThrow("enough");
    silent.close();
  });

  test("is pinned, refused when it has changed, and taken again when its new identity is confirmed", async () => {
    const before = sshd.fingerprint();
    await (await connect(sshd.address)).close();
    sshd.swapHostKey();
    await sshd.restart();
    const after = sshd.fingerprint();
    await expect(connect(sshd.address)).rejects.toMatchObject({ code: "host-key-changed", details: { knownFingerprint: before, fingerprint: after } });
    await expect(connect(sshd.address, { trustFingerprint: before })).rejects.toMatchObject({ code: "host-key-changed" });
    // Log-ins that are given up because the first was refused end without a word.
    await expect(connector.connect({ kind: "ssh", address: sshd.address, identity: sshd.identity }, undefined, { lanes: () => 8 })).rejects.toMatchObject({ code: "host-key-changed" });
    await (await connect(sshd.address, { trustFingerprint: after })).close();
    await (await connect(sshd.address)).close();
  });

  test("that allows one session and drops connections at random still serves", async () => {
    await sshd.restart({ maxSessions: 1, maxStartups: "1:50:10" });
    const host = await connect(sshd.address);
    const results = await Promise.all(["a", "b", "c"].map((word) => host.exec(["echo", word])));
    expect(results.map(({ stdout }) => stdout)).toEqual(["a\n", "b\n", "c\n"]);
    const lanes = await Promise.all([host.openLane(), host.openLane(), host.openLane()]);
    await Promise.all(lanes.map((lane) => lane.close()));
    await host.close();
    await sshd.restart();
  });

  test("that forbids forwarding says so when a tunnel is wanted", async () => {
    await sshd.restart({ allowForwarding: false });
    const host = await connect(sshd.address);
    await expect(host.openTunnel(8080, 8080)).rejects.toMatchObject({ code: "tunnel-failed" });
    await host.close();
    await sshd.restart();
  });

  test("that drops the connection is reached again by itself", async () => {
    const host = await connect(sshd.address);
    const running = host.exec(["sleep", "1000"]);
    running.catch(() => {});
    await host.exec(["true"]);
    await sshd.restart();
    await expect(running).rejects.toMatchObject({ code: "host-lost" });
    expect((await host.exec(["echo", "back"])).stdout).toBe("back\n");
    await host.close();
    await expect(host.exec(["true"])).rejects.toMatchObject({ code: "host-lost" });
  });
});

/** The code with which OpenSSL refuses to open a key. */
function openingFault(key: string, passphrase: string): string | undefined {
  try {
    createPrivateKey({ key, passphrase });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
