import { existsSync, mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { imageFiles } from "../../../remote/kit/milvus-image.ts";
import { FakeCore } from "../../fakes/core.ts";
import { layer, writeImage } from "../../parts/oci-image.ts";
import { startRegistry } from "../../parts/registry.ts";
import { noSkopeo } from "../../parts/skopeo.ts";
import { run } from "./run.ts";

test.skipIf(noSkopeo !== null)("milvus-image leaves on a stick what a session finds there, whichever kind of image the registry holds", async () => {
  const folder = mkdtempSync(join(tmpdir(), "milvus-image-"));
  mkdirSync(join(folder, "registry"));
  const { digest } = writeImage(join(folder, "registry"), [layer({ path: "milvus/bin/milvus", file: "server" })], "gzip", "docker");
  const registry = await startRegistry(join(folder, "registry"));
  vi.stubEnv("HOME", registry.home);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await registry.close();
    rmSync(folder, { recursive: true });
  });
  const core = new FakeCore();
  const words = (name: string) => ["milvus-image", "--to", "stick/milvus", "--image", name, "--json"];
  mkdirSync(join(folder, "stick"));
  const { exit, last } = await run(core, words(`${registry.name}@${digest}`), { cwd: folder });
  expect({ exit, last }).toMatchObject({ exit: 0, last: { image: { folder: join(folder, "stick/milvus"), digest } } });
  expect((await imageFiles(join(folder, "stick/milvus"), digest)).every(({ path }) => existsSync(join(folder, "stick/milvus", path)))).toBe(true);
  expect((await run(core, words(`${registry.name}:latest`), { cwd: folder })).exit).toBe(2);
  const unknown = await run(core, words(`${registry.name}@sha256:${"0".repeat(64)}`), { cwd: folder });
  expect(unknown).toMatchObject({ exit: 1, last: { error: { code: "kit-unavailable" } } });
  expect(core.calls).toEqual([]);
});
