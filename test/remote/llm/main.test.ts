import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ServiceFile, ServiceOutput } from "../../../src/contract/agent.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { chatModel } from "../../parts/models.ts";
import { KEY, llmConfig } from "./support.ts";

const MAIN = join(import.meta.dirname, "../../../remote/llm/main.ts");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llm main "));
});
afterAll(() => rm(folder, { recursive: true }));

function start(config: object | string): ChildProcess {
  const child = spawn(process.execPath, [MAIN, "--config", "-"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin!.end(typeof config === "string" ? config : JSON.stringify(config));
  return child;
}

/** What it printed, by kind, and how it ended. */
async function run(config: object | string): Promise<{ exitCode: number | null; lines: ServiceOutput[]; error: unknown }> {
  const child = start(config);
  const [output, [exitCode]] = await Promise.all([text(child.stdout!), once(child, "exit")]);
  const lines = output.trim().split("\n").map((line) => JSON.parse(line) as ServiceOutput);
  return { exitCode, lines, error: lines.flatMap((line) => ("error" in line ? [line.error] : []))[0] };
}

async function modelOf(name: string, bytes: Uint8Array): Promise<Partial<ServiceFile<"llm">>> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { model: path };
}

async function beginningOfModel(bytes: number): Promise<Buffer> {
  const file = await open(await chatModel());
  const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  await file.close();
  return buffer;
}

test("loads with progress, answers health, and ends cleanly when told to", async () => {
  const port = await freePort(0);
  const child = start(await llmConfig({ port }));
  const output = text(child.stdout!);
  const health = () => fetch(`http://127.0.0.1:${port}/health`, { headers: { authorization: `Bearer ${KEY}` } });
  const seen = new Set<number>();
  await vi.waitFor(async () => {
    const { status } = await health();
    seen.add(status);
    expect(status).toBe(200);
  }, { timeout: 50_000, interval: 20 });
  expect([...seen]).toEqual([503, 200]);
  child.kill("SIGTERM");
  const [exitCode] = await once(child, "exit");
  expect(exitCode).toBe(0);
  const lines = (await output).trim().split("\n").map((line) => JSON.parse(line) as ServiceOutput);
  expect(lines.filter((line) => "progress" in line).at(-1)).toMatchObject({ progress: { unit: expect.any(String), detail: expect.stringMatching(/Loading SmolLM2|Making room/) } });
  expect(lines.at(-1)).toEqual({ log: `Answering on http://127.0.0.1:${port}/v1 with 2 conversations at once.` });
  expect(lines.every((line) => !JSON.stringify(line).includes(KEY))).toBe(true);
});

test("a missing model is named", async () => {
  expect(await run(await llmConfig({ model: join(folder, "not here.gguf") }))).toMatchObject({ exitCode: 1, error: { code: "model-missing", message: expect.stringContaining("not here.gguf") } });
});

test("a file that is no model is named", async () => {
  expect(await run(await llmConfig(await modelOf("notes.gguf", Buffer.from("Dear diary"))))).toMatchObject({ exitCode: 1, error: { code: "model-not-gguf" } });
});

test.each([600, 3_000_000])("a model cut after %i bytes is named", async (bytes) => {
  const outcome = await run(await llmConfig(await modelOf(`cut-${bytes}.gguf`, await beginningOfModel(bytes))));
  expect(outcome).toMatchObject({ exitCode: 1, error: { code: "model-truncated", message: expect.stringContaining(String(bytes)) } });
});

test("a missing part of a split model is named", async () => {
  const path = join(folder, "big-00001-of-00002.gguf");
  await symlink(await chatModel(), path);
  expect(await run(await llmConfig({ model: path }))).toMatchObject({ exitCode: 1, error: { code: "model-split-incomplete", message: expect.stringContaining("big-00002-of-00002.gguf") } });
});

test("an architecture that nobody knows is named", async () => {
  const bytes = await beginningOfModel(3_000_000);
  bytes.write("lloma", bytes.indexOf("llama"), "latin1");
  expect(await run(await llmConfig(await modelOf("odd.gguf", bytes)))).toMatchObject({ exitCode: 1, error: { code: "model-unsupported", message: expect.stringContaining("lloma") } });
});

test("a context that fits no memory is said before anything runs", async () => {
  expect(await run(await llmConfig({ contextTokens: 8192, parallel: 4096 }))).toMatchObject({ exitCode: 1, error: { code: "memory-too-small" } });
});

test("a graphics card that is not there is an error, never the processor", async () => {
  expect(await run(await llmConfig({ gpu: process.platform === "darwin" ? "cuda" : "metal" }))).toMatchObject({ exitCode: 1, error: { code: "gpu-unusable" } });
});

test("a taken port is named", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  expect(await run(await llmConfig({ port }))).toMatchObject({ exitCode: 1, error: { code: "port-in-use", details: { port } } });
  taken.close();
});

test.each([["no JSON", "hello"], ["a wrong field", JSON.stringify({ key: KEY, port: "x" })]])("a configuration with %s is refused without repeating it", async (_, config) => {
  const outcome = await run(config);
  expect(outcome).toMatchObject({ exitCode: 1, error: { code: "input-invalid" } });
  expect(JSON.stringify(outcome.lines)).not.toContain(KEY);
});
