import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../../remote/api/main.ts", import.meta.url));
const CONFIG = { key: "k".repeat(40), port: 0, llmUrl: "http://127.0.0.1:1", milvusAddress: "127.0.0.1:1", collection: "c", embedding: { name: "m", sha256: "a" }, dataDir: "unused" };

function run(input: string, args = ["--config", "-"]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(input);
  return child;
}

test("it starts without Milvus and the LLM server, and ends when told to", async () => {
  const child = run(JSON.stringify(CONFIG));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  expect(JSON.parse(String(line))).toEqual({ log: expect.stringMatching(/^The mentor listens on 127\.0\.0\.1:\d+\.$/) });
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("it answers on when nobody reads what it says any more: its agent has died", async () => {
  const child = run(JSON.stringify(CONFIG));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(/:(\d+)\./.exec(JSON.parse(String(line)).log)![1]);
  child.stdout.destroy();
  const headers = { authorization: `Bearer ${CONFIG.key}` };
  // Use of it is told to the agent.
  for (let time = 0; time < 3; time++) await fetch(`http://127.0.0.1:${port}/api/chat`, { method: "POST", headers, body: "{}" });
  expect((await fetch(`http://127.0.0.1:${port}/api/alive`, { headers })).status).toBe(200);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.each([
  ["no configuration", "", ["--config", "-"], "--config FILE"],
  ["no option", "", [], "--config FILE"],
  ["a configuration without a port", JSON.stringify({ ...CONFIG, port: undefined }), ["--config", "-"], "port"],
])("%s is one plain error", async (_, input, args, words) => {
  const child = run(input, args);
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(JSON.parse(output)).toMatchObject({ error: { code: "input-invalid", message: expect.stringContaining(words) } });
  expect(exitCode).toBe(1);
});

test("a taken port is named", async () => {
  const first = run(JSON.stringify(CONFIG));
  const [line] = (await once(first.stdout, "data")) as [Buffer];
  const port = Number(/:(\d+)\./.exec(JSON.parse(String(line)).log)![1]);
  const second = run(JSON.stringify({ ...CONFIG, port }));
  expect(JSON.parse(await text(second.stdout))).toMatchObject({ error: { code: "port-in-use", message: expect.stringContaining(String(port)) } });
  first.kill("SIGTERM");
  await once(first, "exit");
});
