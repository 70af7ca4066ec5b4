import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type ParsedKey } from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import { makeKey } from "../../../src/adapters/ssh/keys.ts";
import { keyFingerprint, KnownHost, KnownHostsFile } from "../../../src/adapters/ssh/known-hosts.ts";

const ADDRESS = { user: "root", host: "Host.example", port: 22 };
const NOW = Date.UTC(2026, 0, 2);

const newKey = (): ParsedKey => ssh2.utils.parseKey(ssh2.utils.generateKeyPairSync("ed25519").private) as ParsedKey;
const [ONE, OTHER] = [newKey().getPublicSSH(), newKey().getPublicSSH()];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "ai-mentor-known-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const inNewFile = () => {
  const path = join(folder(), "new", "known_hosts.json");
  return { path, known: new KnownHostsFile(path) };
};

test("the first key passes and nothing is written; pinned, it is the user's own file and the host's one identity", async () => {
  const { path, known } = inNewFile();
  await known.check(ADDRESS, ONE, undefined);
  expect(existsSync(path)).toBe(false);
  await known.pin(ADDRESS, ONE, NOW);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await known.find({ ...ADDRESS, user: "ann", host: "host.EXAMPLE" })).toEqual({ type: "ssh-ed25519", fingerprint: keyFingerprint(ONE), since: "2026-01-02T00:00:00.000Z" });
  expect(await known.find({ ...ADDRESS, port: 2222 })).toBeUndefined();
});

test("a rented machine is known by its own name, whoever had its address before; what its log has told counts alone", async () => {
  const { known } = inNewFile();
  await known.pin(ADDRESS, OTHER, NOW);
  const first = new KnownHost(known, ADDRESS, { name: "pod1@noon", fingerprints: async () => [] });
  await first.check(ONE, undefined);
  await first.pin(ONE, NOW);
  await expect(first.check(OTHER, undefined)).rejects.toMatchObject({ code: "host-key-changed" });
  await new KnownHost(known, ADDRESS, { name: "pod1@one", fingerprints: async () => [] }).check(OTHER, undefined);
  expect((await known.find(ADDRESS))?.fingerprint).toBe(keyFingerprint(OTHER));

  const asked: string[] = [];
  const told = new KnownHost(known, ADDRESS, { name: "pod1@noon", fingerprints: async (shown) => (asked.push(shown), ["SHA256:x", keyFingerprint(OTHER)]) });
  await Promise.all([told.check(OTHER, undefined), told.check(OTHER, undefined)]);
  await told.check(OTHER, undefined);
  expect(asked).toEqual([keyFingerprint(OTHER)]);
  await expect(told.check(ONE, undefined)).rejects.toMatchObject({ code: "host-key-changed", message: expect.stringContaining("the machine's own log says"), details: { fingerprint: keyFingerprint(ONE) } });
  await told.check(ONE, keyFingerprint(ONE));
});

test("another key is refused with both fingerprints, unless the person has confirmed just this one", async () => {
  const { known } = inNewFile();
  await known.pin(ADDRESS, ONE, NOW);
  const refusal = { code: "host-key-changed", details: { knownFingerprint: keyFingerprint(ONE), fingerprint: keyFingerprint(OTHER) } };
  await expect(known.check(ADDRESS, OTHER, undefined)).rejects.toMatchObject(refusal);
  await expect(known.check(ADDRESS, OTHER, keyFingerprint(ONE))).rejects.toMatchObject(refusal);
  await known.check(ADDRESS, OTHER, keyFingerprint(OTHER));
  expect((await known.find(ADDRESS))?.fingerprint).toBe(keyFingerprint(ONE));
  await known.pin(ADDRESS, OTHER, NOW);
  await expect(known.check(ADDRESS, ONE, undefined)).rejects.toMatchObject({ code: "host-key-changed" });
});

test("a key that is pinned again keeps its date, and first visits at once lose no pin", async () => {
  const { known } = inNewFile();
  const ports = [1, 2, 3, 4, 5];
  await Promise.all(ports.map((port) => known.pin({ ...ADDRESS, port }, ONE, NOW)));
  await known.pin({ ...ADDRESS, port: 1 }, ONE, NOW + 1e9);
  for (const port of ports) expect((await known.find({ ...ADDRESS, port }))?.since).toBe("2026-01-02T00:00:00.000Z");
});

test("a damaged list lets no host pass, and is not overwritten", async () => {
  const path = join(folder(), "known_hosts.json");
  writeFileSync(path, "{");
  const known = new KnownHostsFile(path);
  await expect(known.check(ADDRESS, ONE, undefined)).rejects.toMatchObject({ code: "internal" });
  await expect(known.pin(ADDRESS, ONE, NOW)).rejects.toMatchObject({ code: "internal" });
  expect(readFileSync(path, "utf8")).toBe("{");
});

test("a host that shows a key it does not own is not pinned with it", async () => {
  const path = folder();
  const [own, shown] = [newKey(), newKey()];
  const claimed = Object.assign(Object.create(own) as ParsedKey, { getPublicSSH: () => shown.getPublicSSH() });
  const impostor = new ssh2.Server({ hostKeys: [{ key: claimed as never }] as never }, (client) => client.on("error", () => {}));
  await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void impostor.close());
  const { path: identity } = await makeKey(path);
  const file = join(path, "known_hosts.json");
  const { port } = impostor.address() as AddressInfo;
  await expect(new SshConnector(file, systemClock).connect({ kind: "ssh", address: `root@127.0.0.1:${port}`, identity })).rejects.toMatchObject({ cause: { message: expect.stringContaining("signature verification failed") } });
  expect(existsSync(file)).toBe(false);
});
