import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RowsManifest } from "../../src/contract/backup.ts";
import { ANSWERED_BY, COURSE, QUESTION, userWithEndpoint } from "../parts/endpoint-user.ts";
import { noMilvusServer } from "../parts/milvus-server.ts";
import { sshHostMissing, startSshHost, type SshHostPart } from "../parts/ssh-host.ts";

/** Two sessions on two hosts: on two loaded cores that takes minutes. */
const MINUTES = 15 * 60_000;

test.skipIf(noMilvusServer !== null)("a server's folder is copied on one host while it stands still, and another host's server takes the copy over with its own password", { timeout: MINUTES }, async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  const { user, startOn } = await userWithEndpoint();
  const stick = join(user.home, "stick");
  cpSync(COURSE, join(stick, "course"), { recursive: true });
  const tokenOf = (host: SshHostPart) => readFileSync(join(host.root, "workspace/ai-mentor/data/milvus-server.token"), "utf8");
  const answer = async () => (await user.run("ask", QUESTION)).last.answer?.sources[0]?.file;
  /** SHA-256 over every row of the course, bit for bit. */
  const rows = async (folder: string) => {
    const { last } = await user.run("backup", "create", "--always", "--folder", join(user.home, folder));
    expect(last.error).toBeUndefined();
    return (JSON.parse(readFileSync(join(last.created!.backup.path, "manifest.json"), "utf8")) as RowsManifest).contentSha256;
  };

  const first = await startSshHost();
  onTestFinished(() => first.stop());
  const started = await startOn(first, "--stick", stick);
  expect(started.last).toMatchObject({ ready: true, session: { milvus: { kind: "server" }, course: { documents: 5 } } });
  const before = await rows("rows-first");

  const { exit, last } = await user.run("backup", "create", "--cold");
  expect({ exit, last }).toMatchObject({ exit: 0, last: { created: { backup: { kind: "cold", name: expect.stringMatching(/^milvus-backup-\d{8}\.tar\.gz$/), problem: null, milvus: { kind: "server" } } } } });
  const { name, path } = last.created!.backup;
  expect(path).toBe(join(stick, "backups", name));
  // It was stopped for the copy, and answers again.
  expect(await answer()).toBe(ANSWERED_BY);
  expect(await rows("rows-copied")).toBe(before);
  const token = tokenOf(first);
  expect((await user.run("stop", "--without-backup")).last).toMatchObject({ stopped: true });
  await expect.poll(() => first.processes()).toEqual([]);

  // Another host, and a stick that has the copy alone.
  rmSync(join(stick, "course"), { recursive: true });
  expect(readdirSync(join(stick, "backups")).sort()).toEqual([name.replace(".tar.gz", ".json"), name]);
  const second = await startSshHost();
  onTestFinished(() => second.stop());
  const fresh = await startOn(second, "--stick", stick);
  expect(fresh.last).toMatchObject({ ready: true, session: { milvus: { kind: "server" } } });
  expect(fresh.last.session!.course?.documents ?? 0).toBe(0);
  const own = tokenOf(second);
  expect(own).not.toBe(token);

  const restored = await user.run("backup", "restore", name);
  expect({ exit: restored.exit, error: restored.last.error, restored: restored.last.restored }).toMatchObject({ exit: 0, restored: { documents: 5, undoable: false } });
  expect(await answer()).toBe(ANSWERED_BY);
  expect(await rows("rows-second")).toBe(before);
  // The password is the host's own still, and asked for again.
  expect(tokenOf(second)).toBe(own);
  expect(JSON.parse(readFileSync(join(second.root, "workspace/ai-mentor/run/milvus.json"), "utf8"))).not.toHaveProperty("unlocked");

  expect((await user.run("stop", "--without-backup")).last).toMatchObject({ stopped: true });
  await expect.poll(() => second.processes()).toEqual([]);
});
