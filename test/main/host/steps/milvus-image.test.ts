import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { readyImage } from "../../../../remote/milvus/image/ready.ts";
import { systemClock } from "../../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../../src/adapters/local/host.ts";
import type { MilvusImage } from "../../../../src/contract/milvus.ts";
import { hostLayout } from "../../../../src/core/host/layout.ts";
import { imageFolder } from "../../../../src/core/host/milvus-place.ts";
import { SessionFacts } from "../../../../src/core/session/facts.ts";
import type { StepContext } from "../../../../src/core/session/step.ts";
import { findImage, imageConfig, sendImage } from "../../../../src/main/host/steps/milvus-image.ts";
import { layer, writeImage } from "../../../parts/oci-image.ts";
import { sshdMissing } from "../../../parts/sshd.ts";
import { openSshHost } from "../../../parts/upload-hosts.ts";

/** A stick with a small image, and a host's folder. */
function place() {
  const folder = mkdtempSync(join(tmpdir(), "stick image "));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const stick = join(folder, "stick");
  mkdirSync(join(stick, "milvus"), { recursive: true });
  const { digest, blobs } = writeImage(join(stick, "milvus"), [layer({ path: "milvus/one", file: "1" }), layer({ path: "milvus/two", file: "2" })]);
  const image: MilvusImage = { name: "registry.example/milvus", digest };
  return { folder, stick, blobs, image, layout: hostLayout(join(folder, "host"), "linux") };
}
const signal = new AbortController().signal;
const unpacked = (layout: ReturnType<typeof hostLayout>, image: MilvusImage, name: string) => readFileSync(join(imageFolder(layout, image), name), "utf8");

test("the image is looked for in the folder that is named, on the host, on the stick, and at the registry, in this order", async () => {
  const { folder, stick, image, layout } = place();
  const host = new LocalHost();
  const find = (more: { folder?: string; digest?: string }, onStick: string | undefined = stick) => findImage(host, layout, { ...image, ...more }, onStick, signal);
  expect(await find({})).toEqual({ ...image, folder: join(stick, "milvus") });
  expect(await find({ folder: join(stick, "milvus") }, undefined)).toEqual({ ...image, folder: join(stick, "milvus") });
  await expect(find({ folder })).rejects.toMatchObject({ code: "input-invalid", message: expect.stringContaining(image.digest) });

  // Neither on a stick nor on the host: the host's skopeo has to fetch it.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  vi.stubEnv("PATH", bin);
  const other = `sha256:${"0".repeat(64)}`;
  await expect(find({ digest: other })).rejects.toMatchObject({ code: "host-unsuitable", message: expect.stringContaining("no skopeo on this computer"), advice: expect.stringContaining("ai-mentor milvus-image") });
  writeFileSync(join(bin, "skopeo"), "#!/bin/sh\n", { mode: 0o755 });
  expect(await find({ digest: other })).toEqual({ ...image, digest: other });

  mkdirSync(imageFolder(layout, image), { recursive: true });
  expect(await find({})).toEqual(image);
});

test.skipIf(sshdMissing !== null)("what a stick has is sent to a host behind SSH, goes on after a cut, is compared with its digests and unpacked there", { timeout: 60_000 }, async () => {
  const { stick, blobs, image, layout } = place();
  const { host, close } = await openSshHost({});
  onTestFinished(close);
  const facts = new SessionFacts();
  facts.set("layout", layout);
  facts.set("milvus", { kind: "image", reason: "", image: { ...image, folder: join(stick, "milvus") } });
  await facts.hold("host", host);
  const context = { facts, signal, progress: () => {} } as unknown as StepContext;

  const spoilt = blobs[2]!;
  const good = readFileSync(spoilt);
  writeFileSync(spoilt, Buffer.from(good).fill(1, 0, 1));
  await expect(sendImage(context, systemClock)).rejects.toMatchObject({ code: "kit-corrupt", message: expect.stringContaining(spoilt.slice(-64)) });
  const config = imageConfig(facts)!;
  expect(existsSync(`${config.folder}.oci/index.json`)).toBe(false);
  const before = facts.get("bytesSent")!;

  writeFileSync(spoilt, good);
  await sendImage(context, systemClock);
  expect(facts.get("bytesSent")! - before).toBeLessThan(before);
  await readyImage(config, { signal, clock: systemClock, say: () => {} });
  expect([unpacked(layout, image, "milvus/one"), unpacked(layout, image, "milvus/two")]).toEqual(["1", "2"]);
  expect(existsSync(`${config.folder}.oci`)).toBe(false);

  rmSync(stick, { recursive: true });
  await sendImage(context, systemClock);
});
