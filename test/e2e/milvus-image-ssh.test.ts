import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MILVUS_IMAGE } from "../../src/contract/milvus.ts";
import { ANSWERED_BY, COURSE, QUESTION, userWithEndpoint } from "../parts/endpoint-user.ts";
import { makeMilvusImage } from "../parts/milvus-image.ts";
import { noMilvusServer } from "../parts/milvus-server.ts";
import { sshHostMissing, startSshHost } from "../parts/ssh-host.ts";

/** The image is sent and unpacked beside the kit: on two loaded cores that takes minutes. */
const MINUTES = 15 * 60_000;

test.skipIf(noMilvusServer !== null)("an image goes from the stick to a host behind SSH, runs there without Docker, and is neither sent nor unpacked again", { timeout: MINUTES }, async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  const host = await startSshHost();
  onTestFinished(() => host.stop());
  const { user, startOn } = await userWithEndpoint();
  const stick = join(user.home, "stick");
  cpSync(COURSE, join(stick, "course"), { recursive: true });
  const { digest } = await makeMilvusImage(join(stick, "milvus"));
  const images = join(host.root, "workspace/ai-mentor/milvus");
  const bytes = readdirSync(join(stick, "milvus/blobs/sha256")).reduce((sum, name) => sum + statSync(join(stick, "milvus/blobs/sha256", name)).size, 0);

  const { exit, last, stderr } = await startOn(host, "--stick", stick, "--milvus-image", `${MILVUS_IMAGE.name}@${digest}`);
  expect({ exit, stderr, error: last.error }).toEqual({ exit: 0, stderr: "", error: undefined });
  expect(last.session).toMatchObject({ phase: "ready", milvus: { kind: "image", version: expect.stringMatching(/^v2\.3\.5/) }, course: { documents: 5 } });
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe(ANSWERED_BY);
  const mark = digest.slice("sha256:".length, "sha256:".length + 12);
  // What it came in is gone.
  expect(readdirSync(images)).toEqual([mark]);
  const inside = `/workspace/ai-mentor/milvus/${mark}/`;
  expect(host.processes().filter((line) => line.startsWith(`${inside}lib64/ld-linux-x86-64.so.2 `))).toHaveLength(1);
  const program = statSync(join(images, mark, "milvus/bin/milvus"));
  const stopped = await user.run("stop", "--without-backup");
  expect(stopped.last).toMatchObject({ stopped: true, session: { receipt: { kept: expect.arrayContaining([expect.stringContaining("The Milvus server stays on")]) } } });
  expect(stopped.last.session!.receipt!.bytesSent).toBeGreaterThan(bytes);
  await expect.poll(() => host.processes()).toEqual([]);

  // Another version's, of a session before.
  mkdirSync(join(images, "0123456789ab/milvus/bin"), { recursive: true });
  writeFileSync(join(images, "0123456789ab/milvus/bin/milvus"), "");
  // Its name is not needed any more; the stick still holds it.
  const again = await startOn(host, "--stick", stick);
  expect(again.last).toMatchObject({ ready: true, session: { milvus: { kind: "image" }, course: { documents: 5 } } });
  expect(again.last.session!.steps.find(({ id }) => id === "restore-course")).toMatchObject({ status: "skipped" });
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe(ANSWERED_BY);
  expect(statSync(join(images, mark, "milvus/bin/milvus"))).toMatchObject({ ino: program.ino, ctimeMs: program.ctimeMs });
  expect(readdirSync(images)).toEqual([mark]);
  expect(JSON.stringify((await user.run("logs")).lines)).toContain(`The Milvus image 0123456789ab was removed: ${mark} runs instead.`);
  const ended = await user.run("stop", "--without-backup");
  expect(ended.last.session!.receipt!.bytesSent).toBe(0);
  await expect.poll(() => host.processes()).toEqual([]);
});
