import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Path of llama.cpp's own server, where somebody has built it: the real stranger among the endpoints. */
export const LLAMA_SERVER = process.env.AI_MENTOR_LLAMA_SERVER;

export interface LlamaServer {
  url: string;
  close(): Promise<void>;
}

/** Resolves when the model answers. */
export async function startLlamaServer(model: string, key: string, ...words: string[]): Promise<LlamaServer> {
  const port = await freePort();
  const child = spawn(LLAMA_SERVER!, ["--model", model, "--host", "127.0.0.1", "--port", String(port), "--threads", "1", "--ctx-size", "2048", "--parallel", "1", ...words], {
    stdio: "ignore",
    env: { ...process.env, LLAMA_API_KEY: key },
  });
  const ended = once(child, "exit");
  const server: LlamaServer = {
    url: `http://127.0.0.1:${port}/v1`,
    async close() {
      child.kill("SIGKILL");
      await ended;
    },
  };
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return server;
    await sleep(100);
  }
  throw new Error(`llama-server ended with exit code ${child.exitCode}.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
