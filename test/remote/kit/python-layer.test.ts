import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { layerFromCache } from "../../../remote/kit/build.ts";
import type { BuildContext } from "../../../remote/kit/context.ts";
import { pythonLayer } from "../../../remote/kit/python-layer.ts";
import { fetchRequirements } from "../../../src/adapters/packages/requirements.ts";
import { cutAfter, packageIndex } from "../../parts/package-index.ts";

/** A project that pins one package, and the real pip against an index of this test's own. */
async function layer() {
  const index = await packageIndex();
  const folder = await mkdtemp(join(tmpdir(), "python layer "));
  for (const [name, value] of Object.entries(index.env)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await index[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  await mkdir(join(folder, "remote", "kit"), { recursive: true });
  await writeFile(join(folder, "remote", "kit", "requirements.txt"), `tiny-model==1.0.0 \\\n    --hash=sha256:${index.pin.sha256}\n`);
  const context: BuildContext = { project: folder, cache: join(folder, "cache", "kit"), platform: "linux-x64" };
  return { index, context, build: () => layerFromCache("python", pythonLayer(context, { tag: "cp311", fetchWheels: fetchRequirements }), context) };
}

test("the packages come over a line that is cut, pip only unpacks them, and a layer that is there asks nobody", async () => {
  const { index, build } = await layer();
  index.misbehave = (...args) => index.requests.length === 1 && cutAfter(900_000)(...args);
  const made = await build();
  expect((await stat(join(made.folder, "python", index.member.path))).size).toBe(index.member.bytes.length);
  expect([index.requests.length, index.pipFetches]).toEqual([2, 0]);
  vi.stubEnv("PATH", "/nonexistent");
  expect(await build()).toEqual(made);
});

test("where only pip may open the index, pip brings the packages", async () => {
  const { index, build } = await layer();
  index.misbehave = (_, response) => (response.writeHead(401).end(), true);
  const made = await build();
  expect((await stat(join(made.folder, "python", index.member.path))).size).toBe(index.member.bytes.length);
  expect(index.pipFetches).toBe(1);
});
