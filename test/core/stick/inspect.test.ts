import { mkdir, mkdtemp, rm, symlink, truncate, writeFile, copyFile, constants, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chooseModel, embeddingModelOn, inspectStick } from "../../../src/core/stick/inspect.ts";
import { tinyGguf } from "../../parts/gguf.ts";
import { chatModel } from "../../parts/models.ts";

let stick: string;
beforeEach(async () => {
  stick = await mkdtemp(join(tmpdir(), "ai-mentor stick 'ü'-"));
});
afterEach(async () => await rm(stick, { recursive: true, force: true }));

async function put(path: string, content: Uint8Array | string = ""): Promise<string> {
  const target = join(stick, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
  return target;
}

const embedding = () => tinyGguf({ architecture: "bert", chatTemplate: null });
const part = (number: number, count: number) =>
  tinyGguf({ ...(number > 1 && { tensors: undefined }), metadata: { "split.no": { type: "u32", value: number - 1 }, "split.count": { type: "u32", value: count } } });

test("a stick with one chat model, a model for search and a course is ready", async () => {
  await put("models/mistral.gguf", tinyGguf({ name: "Mistral" }));
  await put("models/search.gguf", embedding());
  await put("course/week 1/numbers.md", "# Numbers");
  await put("course/.hidden", "");
  const found = await inspectStick(stick);
  expect(found).toMatchObject({ path: stick, kind: "folder", readOnly: false, problem: null, course: { folder: "course", files: 1 } });
  expect(found.models.map(({ file, header }) => [file, header?.purpose])).toEqual([["models/mistral.gguf", "chat"], ["models/search.gguf", "embedding"]]);
  expect(chooseModel(found).file).toBe("models/mistral.gguf");
  expect(embeddingModelOn(found)?.file).toBe("models/search.gguf");
  expect(found.sizeBytes).toBeGreaterThan(0);
});

test("a real model on a stick, and the same one cut short as a hasty copy leaves it", async () => {
  await copyFile(await chatModel(), join(stick, "smol.gguf"), constants.COPYFILE_FICLONE);
  expect(await inspectStick(stick)).toMatchObject({ problem: null, models: [{ bytes: 98_362_432, header: { purpose: "chat" } }] });
  await truncate(join(stick, "smol.gguf"), 60_000_000);
  const cut = await inspectStick(stick);
  expect(cut.problem).toMatchObject({ code: "model-truncated", message: expect.stringContaining("38362432 are missing") });
  expect(() => chooseModel(cut)).toThrow(expect.objectContaining({ code: "model-truncated" }));
});

test("no stick, a file instead of one, and an empty one", async () => {
  expect((await inspectStick(join(stick, "gone"))).problem).toMatchObject({ code: "stick-missing" });
  expect((await inspectStick(await put("a file"))).problem).toMatchObject({ code: "stick-missing", message: expect.stringContaining("is a file") });
  await rm(join(stick, "a file"));
  expect((await inspectStick(stick)).problem).toMatchObject({ code: "model-missing" });
});

test("models in other formats, and only a model for search, are said to be no chat model", async () => {
  await put("model.safetensors", "x");
  expect((await inspectStick(stick)).problem).toMatchObject({ code: "model-missing", message: expect.stringContaining("model.safetensors") });
  await put("search.gguf", embedding());
  expect((await inspectStick(stick)).problem).toMatchObject({ code: "model-missing", message: expect.stringContaining("searching") });
});

test("two chat models have to be chosen between, by name", async () => {
  await put("a.gguf", tinyGguf({ name: "A" }));
  await put("b dir/b.gguf", tinyGguf({ name: "B" }));
  const found = await inspectStick(stick);
  expect(found.problem).toMatchObject({ code: "model-ambiguous", details: { files: ["a.gguf", "b dir/b.gguf"] } });
  expect(() => chooseModel(found)).toThrow(expect.objectContaining({ code: "model-ambiguous" }));
  expect(chooseModel(found, "b dir/b.gguf").header?.name).toBe("B");
  expect(chooseModel(found, "b dir\\b.gguf").header?.name).toBe("B");
  expect(() => chooseModel(found, "c.gguf")).toThrow(expect.objectContaining({ code: "model-missing" }));
});

test("a base model counts only where no chat model is", async () => {
  await put("base.gguf", tinyGguf({ chatTemplate: null }));
  expect(chooseModel(await inspectStick(stick)).file).toBe("base.gguf");
  await put("chat.gguf", tinyGguf());
  expect(chooseModel(await inspectStick(stick)).file).toBe("chat.gguf");
});

test("a bad file beside a good one does not spoil the stick", async () => {
  await put("good.gguf", tinyGguf());
  await put("web.gguf", "<html>Sign in</html>");
  await put("odd.gguf", tinyGguf({ architecture: "llama9000" }));
  await put("mmproj.gguf", tinyGguf({ architecture: "clip", chatTemplate: null }));
  const found = await inspectStick(stick);
  expect(found.problem).toBeNull();
  expect(chooseModel(found).file).toBe("good.gguf");
  expect(found.models.map((model) => model.problem?.code)).toEqual([undefined, "model-unsupported", "model-unsupported", "model-not-gguf"]);
  expect(() => chooseModel(found, "web.gguf")).toThrow(expect.objectContaining({ code: "model-not-gguf" }));
});

test("a split model counts whole, and its missing part is named", async () => {
  await put("big-00001-of-00002.gguf", part(1, 2));
  const half = await inspectStick(stick);
  expect(half.problem).toMatchObject({ code: "model-split-incomplete", message: expect.stringContaining("big-00002-of-00002.gguf") });
  await put("big-00002-of-00002.gguf", part(2, 2));
  const whole = await inspectStick(stick);
  expect(whole.problem).toBeNull();
  expect(whole.models).toMatchObject([{ parts: ["big-00001-of-00002.gguf", "big-00002-of-00002.gguf"], bytes: part(1, 2).length + part(2, 2).length, header: { parameters: 2 * 320 } }]);
});

test("a part that was renamed is not taken for a whole model", async () => {
  await put("renamed.gguf", part(1, 3));
  expect((await inspectStick(stick)).problem).toMatchObject({ code: "model-split-incomplete" });
});

test("a part that is cut short is found", async () => {
  await put("big-00001-of-00002.gguf", part(1, 2));
  await put("big-00002-of-00002.gguf", part(2, 2).subarray(0, -10));
  expect((await inspectStick(stick)).problem).toMatchObject({ code: "model-truncated", details: { file: "big-00002-of-00002.gguf" } });
});

test("hidden and system folders are left out, loops of links end, deep folders are not searched", async () => {
  await put(".Trashes/old.gguf", tinyGguf());
  await put("System Volume Information/x.gguf", tinyGguf());
  await put("._mac.gguf", "AppleDouble");
  await put("1/2/3/deep.gguf", tinyGguf());
  await put("1/2/here.gguf", tinyGguf());
  await put("top.gguf", tinyGguf({ chatTemplate: null }));
  await symlink(stick, join(stick, "1", "loop"));
  await symlink("nowhere", join(stick, "dangling.gguf"));
  expect((await inspectStick(stick)).models.map(({ file }) => file)).toEqual(["1/2/here.gguf", "top.gguf"]);
});

test("names with quotes, line breaks, a leading dash and other alphabets", async () => {
  const names = ['-rf "x" $(id).gguf', "zwei\nZeilen.gguf", "модель 模型.gguf"];
  for (const name of names) await put(name, tinyGguf());
  const found = await inspectStick(stick);
  expect(found.models.map(({ file }) => file).sort()).toEqual([...names].sort());
  for (const name of names) expect(chooseModel(found, name).problem).toBeNull();
});

test("looking at a stick can be cancelled", async () => {
  await put("a.gguf", tinyGguf());
  await expect(inspectStick(stick, { signal: AbortSignal.abort() })).rejects.toThrow("abort");
});

test("a model of many gigabytes is judged as quickly as a small one", async () => {
  const header = tinyGguf({ tensors: [{ name: "huge", dimensions: [4096, 1_000_000], ggmlType: 0, data: Buffer.alloc(0) }] });
  const file = await open(join(stick, "huge.gguf"), "w");
  await file.write(header);
  // Sparse: 16 GB that take no room, where the file system allows it.
  await file.truncate(header.length + 4096 * 1_000_000 * 4);
  await file.close();
  expect((await inspectStick(stick)).models).toMatchObject([{ problem: null, header: { parameters: 4_096_000_000 } }]);
});
