import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../../adapters/local/free-port.ts";
import type { ServiceFile, ServiceOutput } from "../../../contract/agent.ts";
import { MentorError, fromErrorReport, type ErrorReport } from "../../../contract/errors.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { createProgressView } from "../progress-view.ts";

export interface LlmOptions {
  model: string;
  port: number;
  threads?: number;
  parallel: number;
  context: number;
  embeddingModel?: string;
  apiKey?: string;
  gpu?: "cpu" | "cuda" | "metal";
}

const SERVER = join(import.meta.dirname, "../../../../remote/llm/main.ts");

/** Milliseconds between two looks whether the model has been loaded. */
const PROBE_EVERY = 200;

/** Runs the LLM server in this terminal until Ctrl-C. The core is not asked: no session is needed. */
export async function llm(options: LlmOptions, { output }: CommandContext): Promise<void> {
  const { cwd, interrupt, stderr } = output.terminal;
  const key = options.apiKey ?? randomBytes(24).toString("base64url");
  const config: ServiceFile<"llm"> = {
    key,
    port: options.port === 0 ? await freePort(0) : options.port,
    model: resolve(cwd, options.model),
    embeddingModel: options.embeddingModel === undefined ? null : resolve(cwd, options.embeddingModel),
    gpu: options.gpu ?? defaultGpu(),
    contextTokens: options.context,
    parallel: options.parallel,
    threads: options.threads ?? null,
  };
  const child = spawn(process.execPath, [SERVER, "--config", "-"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<string>((tell) => child.once("close", (code, signal) => tell(signal ?? `exit code ${code}`)));
  const leave = () => child.kill("SIGTERM");
  interrupt.addEventListener("abort", leave, { once: true });
  process.once("exit", leave);
  const said = readOutput(child, output);
  child.stderr?.pipe(stderr, { end: false });
  // A server that ends at once leaves the pipe broken; its own message says why.
  child.stdin?.on("error", () => undefined).end(JSON.stringify(config));
  try {
    const url = `http://127.0.0.1:${config.port}`;
    const ready = await Promise.race([isReady(url, key, ended), ended.then(() => false)]);
    if (ready) {
      output.line(`LLM server ready: ${url}/v1`);
      output.line(options.apiKey === undefined ? `API key: ${key}` : "API key: the one you gave");
      output.line("Ctrl-C stops it.");
    }
    const how = await ended;
    if (said.error !== null) throw fromErrorReport(said.error);
    if (interrupt.aborted && ready) return output.line("The LLM server has stopped.");
    if (interrupt.aborted) throw new MentorError("cancelled", "You stopped the LLM server before it was ready.", { kept: "The model file was only read." });
    throw new MentorError("service-failed", `The LLM server ended by itself (${how}).`, { kept: "The model file was only read.", advice: "Read what it printed above, then start it again." });
  } finally {
    interrupt.removeEventListener("abort", leave);
    process.off("exit", leave);
    leave();
  }
}

/** Shows what the server says, and keeps the error it reports. */
function readOutput(child: ChildProcess, output: Output): { error: ErrorReport | null } {
  const said: { error: ErrorReport | null } = { error: null };
  const view = createProgressView(output, "Load the model");
  if (child.stdout === null) return said;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parseLine(line);
    if ("error" in event) said.error = event.error;
    else if ("progress" in event) view.update(event.progress);
    else if ("log" in event) {
      view.finish();
      output.line(event.log);
    }
  });
  return said;
}

function parseLine(line: string): ServiceOutput {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === "object" && event !== null && ("log" in event || "progress" in event || "error" in event)) return event as ServiceOutput;
  } catch {
    // Whatever else a service prints is a log line.
  }
  return { log: line };
}

async function isReady(url: string, key: string, ended: Promise<unknown>): Promise<boolean> {
  const gone = new AbortController();
  void ended.then(() => gone.abort());
  while (!gone.signal.aborted) {
    const answer = await fetch(`${url}/health`, { headers: { authorization: `Bearer ${key}` }, signal: gone.signal }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return true;
    await new Promise((tell) => setTimeout(tell, PROBE_EVERY));
  }
  return false;
}

/** The card is used where there is one: slow unnoticed would be worse than an error. */
function defaultGpu(): "cpu" | "cuda" | "metal" {
  if (process.platform === "darwin" && process.arch === "arm64") return "metal";
  return existsSync("/dev/nvidiactl") ? "cuda" : "cpu";
}
