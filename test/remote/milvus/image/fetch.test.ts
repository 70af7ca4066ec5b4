import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ImageLayout } from "../../../../remote/milvus/image/layout.ts";
import { readyImage } from "../../../../remote/milvus/image/ready.ts";
import { layer, writeImage } from "../../../parts/oci-image.ts";
import { FakeClock } from "../../../fakes/clock.ts";
import { startRegistry } from "../../../parts/registry.ts";
import { noSkopeo } from "../../../parts/skopeo.ts";

/** A registry with a small image, and a host that has nothing of it. */
async function place(kind: "oci" | "docker") {
  const folder = mkdtempSync(join(tmpdir(), "fetch "));
  const layout = join(folder, "registry");
  mkdirSync(layout);
  const image = writeImage(layout, [layer({ path: "a", file: "below" }, { path: "b", file: "b" }), layer({ path: "a", file: "above" })], "gzip", kind);
  const registry = await startRegistry(layout);
  vi.stubEnv("HOME", registry.home);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await registry.close();
    rmSync(folder, { recursive: true });
  });
  const root = join(folder, "host", "milvus");
  mkdirSync(join(folder, "host"));
  const clock = new FakeClock();
  const said: string[] = [];
  const ready = () => readyImage({ name: registry.name, digest: image.digest, folder: root, layout: null }, { signal: new AbortController().signal, clock, say: (detail) => said.push(detail) });
  return { registry, image, layout, root, clock, said, ready, read: (name: string) => readFileSync(join(root, name), "utf8") };
}

test.skipIf(noSkopeo !== null).each(["oci", "docker"] as const)("an image that the registry holds as %s is fetched by skopeo, proven down from its index, and unpacked once", async (kind) => {
  const { registry, root, ready, read } = await place(kind);
  await ready();
  expect([read("a"), read("b")]).toEqual(["above", "b"]);
  expect(existsSync(`${root}.oci`)).toBe(false);
  const asked = registry.sent.length;
  await ready();
  expect(registry.sent).toHaveLength(asked);
});

test.skipIf(noSkopeo !== null)("what had arrived before the line broke is not fetched again", async () => {
  const { registry, image, layout, root, ready, read } = await place("docker");
  const layers = (await new ImageLayout(layout).parts(image.digest)).layers.map(({ digest }) => digest);
  registry.breaksAt = layers[1]!;
  await expect(ready()).rejects.toMatchObject({ code: "kit-unavailable", kept: expect.any(String), advice: expect.stringContaining("stick") });
  expect(existsSync(root)).toBe(false);
  registry.breaksAt = null;
  await ready();
  expect(read("a")).toBe("above");
  expect(layers.map((digest) => registry.sent.filter((one) => one === digest).length)).toEqual([1, 1]);
});

test.skipIf(noSkopeo !== null)("a registry that goes silent is given up, with what had arrived kept, and the next try goes on from there", async () => {
  const { registry, image, layout, root, clock, said, ready, read } = await place("docker");
  const layers = (await new ImageLayout(layout).parts(image.digest)).layers.map(({ digest }) => digest);
  registry.hangsAt = layers[1]!;
  const fetching = ready();
  let failure: unknown;
  fetching.catch((error: unknown) => (failure = error));
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 2) {
      await clock.advance(2_000);
      await new Promise((resolve) => setTimeout(resolve, 5)); // for the real disk
    }
  };
  await vi.waitUntil(() => registry.sent.includes(layers[0]!) && existsSync(`${root}.oci`) && readdirSync(`${root}.oci`).some((name) => name.startsWith("oci-put-blob")), 20_000);
  await pass(110);
  expect({ failure, told: said.at(-1) }).toEqual({ failure: undefined, told: expect.stringMatching(/^Fetching the Milvus server \(0 MB, \d+ s\)$/) });
  // Slow is not silent.
  writeFileSync(join(`${root}.oci`, "arriving"), "x");
  await pass(100);
  expect(failure).toBeUndefined();
  await pass(30);
  await expect.poll(() => failure).toMatchObject({ code: "kit-unavailable", message: expect.stringContaining("nothing for 120 s"), kept: expect.any(String), advice: expect.stringContaining("stick") });
  expect(existsSync(root)).toBe(false);

  // What skopeo had not finished does not pile up.
  const unfinished = () => readdirSync(`${root}.oci`).filter((name) => name.startsWith("oci-put-blob"));
  expect(unfinished()).toHaveLength(1);
  [registry.hangsAt, registry.breaksAt] = [null, layers[1]!];
  await expect(ready()).rejects.toMatchObject({ code: "kit-unavailable" });
  expect(unfinished()).toEqual([]);
  registry.breaksAt = null;
  await ready();
  expect(read("a")).toBe("above");
  expect(layers.map((digest) => registry.sent.filter((one) => one === digest).length)).toEqual([1, 1]);
});

test.skipIf(noSkopeo !== null)("another document than the pinned one is refused before any layer is fetched", async () => {
  const { registry, image, root, ready } = await place("oci");
  const index = image.blobs.at(-1)!;
  writeFileSync(index, `${readFileSync(index, "utf8")} `);
  await expect(ready()).rejects.toMatchObject({ code: expect.stringMatching(/^kit-/) });
  expect(existsSync(root)).toBe(false);
  expect(registry.sent.every((digest) => digest === image.digest)).toBe(true);
});

test("a host without skopeo is told what else there is", async () => {
  const { ready } = await place("oci");
  vi.stubEnv("PATH", "/nowhere");
  await expect(ready()).rejects.toMatchObject({ code: "host-unsuitable", advice: expect.stringContaining("stick") });
});
