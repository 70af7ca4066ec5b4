import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { FakeCore } from "../../fakes/core.ts";
import { run } from "./run.ts";

test("endpoints reach the core as they were meant, without a stick where none is plugged in", async () => {
  const core = new FakeCore();
  const words = ["start", "--course", "course", "--llm-url", "http://gpu.local:8000", "--llm-model", "mistral", "--embedding-url", "https://e.example/v1/"];
  expect((await run(core, words)).exit).toBe(0);
  expect(core.requests[0]).toMatchObject({
    host: { kind: "local" },
    course: "/courses/course",
    chatEndpoint: { url: "http://gpu.local:8000/v1", model: "mistral" },
    embeddingEndpoint: { url: "https://e.example/v1" },
  });
  expect(core.requests[0]!.stick).toBeUndefined();
});

test.each([
  [["--llm-url", "http://api.example.com/v1"], /--allow-http/],
  [["--llm-url", "https://ann:secret@api.example.com"], /secret set llm/],
  [["--llm-url", "nonsense"], /no web address/],
  [["--llm-model", "mistral"], /--llm-model goes with --llm-url/],
  [["--embedding-model", "vectors"], /--embedding-model goes with --embedding-url/],
  [["--llm-url", "https://api.example.com", "--model", "a.gguf"], /exclude each other/],
])("%j is said to be wrong before anything is asked of the core", async (words, message) => {
  const core = new FakeCore();
  const { exit, stderr } = await run(core, ["start", ...words]);
  expect({ exit, calls: core.calls }).toEqual({ exit: 2, calls: [] });
  expect(stderr).toMatch(message);
});

test("a public address over plain http is asked only when the person says so", async () => {
  const core = new FakeCore();
  expect((await run(core, ["start", "--llm-url", "http://api.example.com/v1", "--allow-http"])).exit).toBe(0);
  expect(core.requests[0]).toMatchObject({ chatEndpoint: { url: "http://api.example.com/v1" }, allowHttp: true });
});

test("a key is typed unseen or piped in, listed by name alone, and forgotten", async () => {
  const core = new FakeCore();
  const typed = await run(core, ["secret", "set", "llm"], { typed: ["sk-typed-123"] });
  expect({ exit: typed.exit, kept: core.secrets.get("llm") }).toEqual({ exit: 0, kept: "sk-typed-123" });
  const piped = await run(core, ["secret", "set", "embedding", "--json"], { piped: "sk-piped-456\n" });
  expect(piped).toMatchObject({ exit: 0, last: { kept: "embedding" } });
  const listed = await run(core, ["secret", "list"]);
  expect(listed.stdout).toMatch(/llm.*\n.*embedding/);
  expect([typed, piped, listed].map(({ stdout, stderr }) => stdout + stderr).join("")).not.toMatch(/sk-/);
  expect((await run(core, ["secret", "remove", "llm", "--json"])).last).toEqual({ removed: "llm" });
  expect((await run(core, ["secret", "list", "--json"])).last).toEqual({ secrets: ["embedding"] });
});

test("no key, an unknown name, and a key among the words are refused", async () => {
  const core = new FakeCore();
  expect(await run(core, ["secret", "set", "llm"], { piped: "" })).toMatchObject({ exit: 2, stderr: expect.stringContaining("No key was given") });
  expect((await run(core, ["secret", "set", "other"], { piped: "x" })).exit).toBe(2);
  expect((await run(core, ["secret", "set", "llm", "sk-visible"], { piped: "" })).exit).toBe(2);
  expect(core.secrets.size).toBe(0);
});

test("somebody else's Milvus and a kind of our own reach the core, and not both", async () => {
  const core = new FakeCore();
  expect((await run(core, ["start", "--stick", "s", "--milvus-url", "https://milvus.example"])).exit).toBe(0);
  expect((await run(core, ["start", "--stick", "s", "--milvus", "server"])).exit).toBe(0);
  expect((await run(core, ["start", "--stick", "s", "--milvus-image", "registry.example/milvus"])).exit).toBe(0);
  expect((await run(core, ["start", "--stick", "s", "--milvus", "image", "--milvus-image", basename(import.meta.dirname)], { cwd: dirname(import.meta.dirname) })).exit).toBe(0);
  expect(core.requests).toMatchObject([{ milvusUrl: "https://milvus.example:443" }, { milvus: "server" }, { milvusImage: "registry.example/milvus" }, { milvus: "image", milvusImage: import.meta.dirname }]);
});

test.each([
  [["--milvus-url", "http://milvus.example"], /--allow-http/],
  [["--milvus-url", "https://root:pass@milvus.example"], /secret set milvus/],
  [["--milvus-url", "https://milvus.example", "--milvus", "lite"], /exclude each other/],
  [["--milvus", "huge"], /lite, server/],
  [["--milvus-image", "milvus:v3.0.4"], /never with a tag/],
  [["--milvus", "lite", "--milvus-image", "registry.example/milvus"], /not with --milvus lite/],
])("%j is said to be wrong at once", async (words, message) => {
  const core = new FakeCore();
  const { exit, stderr } = await run(core, ["start", "--stick", "s", ...words]);
  expect({ exit, calls: core.calls }).toEqual({ exit: 2, calls: [] });
  expect(stderr).toMatch(message);
});
