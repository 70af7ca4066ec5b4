import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { chatModel } from "../../parts/models.ts";

const COMMAND = join(import.meta.dirname, "../../../bin/ai-mentor.mjs");
/** The first run of all fetches the model. Milliseconds. */
const FETCH = 600_000;

let model: string;
beforeAll(async () => void (model = await chatModel()), FETCH);

const running: { kill(signal: NodeJS.Signals): unknown }[] = [];
afterEach(() => running.splice(0).forEach((child) => child.kill("SIGKILL")));

function llm(...words: string[]) {
  const child = spawn(process.execPath, [COMMAND, "llm", ...words], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let said = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      for (const listener of listeners) listener();
    });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const matching = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(said);
        if (found !== null) resolve(found[1] ?? "");
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`It ended: ${said}`)));
    });
  return { child, ended, matching, said: () => said };
}

test("the LLM server runs alone in a terminal, for callers with the key, until Ctrl-C", async () => {
  const server = llm("--model", model, "--port", "0", "--parallel", "1", "--context", "512", "--threads", "1");
  const url = await server.matching(/ready: (\S+)\/v1/);
  const key = await server.matching(/API key: (\S+)/);
  expect((await fetch(`${url}/v1/models`)).status).toBe(401);
  expect((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  server.child.kill("SIGINT");
  expect(await server.ended).toBe(0);
  await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
});

test("a file that is no model is said in one block", async () => {
  const server = llm("--model", COMMAND, "--port", "0");
  expect(await server.ended).toBe(1);
  expect(server.said()).toContain("✗ This file is not a model");
});

test("a port that is taken is said, and what took it is left alone", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const server = llm("--model", model, "--port", String((other.address() as AddressInfo).port), "--context", "512");
  expect(await server.ended).toBe(1);
  expect(server.said()).toContain("✗ Another program on the host is in the way");
  expect(other.listening).toBe(true);
  other.close();
});
