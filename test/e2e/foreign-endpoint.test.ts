import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startForeignEndpoint } from "../parts/foreign-endpoint.ts";
import { filesWith, keepKey } from "../parts/kept-key.ts";
import { newUser } from "../parts/mentor-cli.ts";
import { LLAMA_SERVER, startLlamaServer } from "../parts/llama-server.ts";
import { chatModel, embeddingModel } from "../parts/models.ts";
import { KEY, startedServer } from "../remote/llm/support.ts";

/** On two loaded cores. */
const MINUTES = 15 * 60_000;
const COURSE = join(import.meta.dirname, "../../assets/practice-course");
const QUESTION = "How many steps does binary search need?";

/** llama.cpp's own server where it is at hand, else ours, which is one too. */
async function startStranger(): Promise<{ url: string; close(): Promise<void> }> {
  if (LLAMA_SERVER !== undefined) {
    const server = await startLlamaServer(await chatModel(), KEY, "--alias", "SmolLM2-135M-Instruct.Q4_1");
    return { ...server, url: new URL(server.url).origin };
  }
  const server = await startedServer({ contextTokens: 2048 });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.close() };
}

test("a session without a stick chats with somebody else's server, searches with a model of ours, and keeps the key to itself", { timeout: MINUTES }, async () => {
  const stranger = await startStranger();
  onTestFinished(() => stranger.close());
  const user = newUser();
  onTestFinished(() => user.leave());
  const { url } = stranger;

  const keyless = await user.run("start", "--course", COURSE, "--llm-url", url);
  expect({ exit: keyless.exit, code: keyless.last.error?.code, advice: keyless.last.error?.advice }).toEqual({ exit: 1, code: "endpoint-key-rejected", advice: expect.stringContaining("ai-mentor secret set llm") });

  await keepKey(user, "llm", KEY);
  const { exit, last, stderr } = await user.run("start", "--course", COURSE, "--llm-url", url);
  expect({ exit, stderr, error: last.error }).toEqual({ exit: 0, stderr: "", error: undefined });
  const session = last.session!;
  expect(session).toMatchObject({ phase: "ready", stick: null, model: null, servedBy: { chat: { url: `${url}/v1`, model: "SmolLM2-135M-Instruct.Q4_1" }, embedding: null }, course: { documents: 5 } });
  expect(session.endpoints.map(({ service }) => service)).toEqual(["api"]);
  expect(session.steps.every(({ status }) => status === "done" || status === "skipped")).toBe(true);

  const asked = await user.run("ask", QUESTION);
  expect(asked.last.answer!.text.trim()).not.toBe("");
  expect(asked.last.answer!.sources[0]!.file).toBe("02-searching-and-sorting.md");

  // On the host the key is in the service's own file alone, which nobody else can read.
  expect(filesWith(user.home, KEY).sort()).toEqual(["host/ai-mentor/run/api.json", "secrets.json"]);
  for (const file of ["host/ai-mentor/run/api.json", "secrets.json"]) expect(statSync(join(user.home, file)).mode & 0o777).toBe(0o600);
  expect(JSON.stringify([last, (await user.run("logs")).lines])).not.toContain(KEY);

  // A core that crashes finds the session again, with the endpoint that it has.
  await user.crash();
  const again = await user.run("ask", QUESTION);
  expect({ exit: again.exit, error: again.last.error }).toEqual({ exit: 0, error: undefined });

  const stopped = await user.run("stop");
  expect(stopped.last.session).toMatchObject({ phase: "stopped", receipt: { kept: expect.arrayContaining([expect.stringContaining(`went to SmolLM2-135M-Instruct.Q4_1 at ${url}/v1`)]) } });
  expect(filesWith(user.home, KEY)).toEqual(["secrets.json"]);
  expect((await user.run("secret", "list")).last).toEqual({ secrets: ["llm"] });
});

test("with both elsewhere no model is sent and none is loaded; vectors of another length are refused by name", { timeout: MINUTES }, async () => {
  const stranger = await startedServer({ contextTokens: 2048, embeddingModel: await embeddingModel() });
  onTestFinished(() => stranger.close());
  const user = newUser();
  onTestFinished(() => user.leave());
  const url = `http://127.0.0.1:${stranger.port}/v1`;
  // One server, one key: it need not be kept twice.
  await keepKey(user, "llm", KEY);
  const both = ["start", "--course", COURSE, "--llm-url", url, "--llm-model", "SmolLM2-135M-Instruct.Q4_1", "--embedding-url"];
  const { exit, last } = await user.run(...both, url, "--embedding-model", "all-MiniLM-L6-v2.f16");
  expect({ exit, error: last.error }).toEqual({ exit: 0, error: undefined });
  expect(last.session!.steps.map(({ id }) => id)).not.toEqual(expect.arrayContaining(["upload-model"]));
  expect(last.session!.steps.map(({ id }) => id)).not.toEqual(expect.arrayContaining(["start-llm"]));
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe("02-searching-and-sorting.md");
  expect((await user.run("stop")).exit).toBe(0);

  // The same name, another model behind it.
  const changed = await startForeignEndpoint({ key: null }, { models: ["all-MiniLM-L6-v2.f16"], embeddingModel: "all-MiniLM-L6-v2.f16", dimension: 8 });
  onTestFinished(() => changed.close());
  const refused = await user.run(...both, changed.url);
  expect(refused.exit).toBe(1);
  expect(refused.last.error).toMatchObject({ code: "course-other-model", message: expect.stringMatching(/384 dimensions.*vectors of 8/) });
});
