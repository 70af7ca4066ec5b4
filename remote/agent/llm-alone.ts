import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { LlmServiceConfig, type ServiceFile } from "../../src/contract/agent.ts";
import { ERRORS, MentorError, toErrorReport, type ErrorReport } from "../../src/contract/errors.ts";
import { agentFolders, makeFolders } from "./folders.ts";
import { kitLaunchers } from "./launchers.ts";
import { parseOutput } from "./output.ts";
import { requireFreePort } from "./port-owner.ts";

const ChatAloneConfig = LlmServiceConfig.extend({ model: z.string() });
type ChatAloneConfig = z.infer<typeof ChatAloneConfig>;

/** The LLM server alone, in the foreground, for a person at a shell; started by start_llm_server.sh. */
async function main(): Promise<number> {
  const kit = dirname(realpathSync(process.argv[1]!));
  const { config, root, keyFile } = readArguments();
  const launcher = kitLaunchers(kit, process.execPath).llm;
  await requireFreePort(config.port, launcher.title);
  const key = takeKey(root, keyFile);

  say(`Model:   ${config.model} (${(statSync(config.model).size / 1e6).toFixed(0)} MB)`);
  say(`Device:  ${config.gpu === "cpu" ? "processor" : config.gpu.toUpperCase()}`);
  const child = spawn(process.execPath, [join(kit, "llm.mjs"), "--config", "-"], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...launcher.environment?.(config) } });
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify({ ...config, key: key.value } satisfies ServiceFile<"llm">));
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      stopped = true;
      child.kill("SIGTERM");
    });
  }

  let failure: ErrorReport | null = null;
  let shown = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    const output = parseOutput(line);
    if ("error" in output) failure = output.error;
    else if ("log" in output) say(output.log);
    else if ("progress" in output && output.progress.detail !== shown) say((shown = output.progress.detail));
  });
  const over = new AbortController();
  const ended = new Promise<number | null>((done) => child.once("close", done)).finally(() => over.abort());
  while (!over.signal.aborted) {
    if (await launcher.probe(config, key.value, AbortSignal.any([over.signal, AbortSignal.timeout(5_000)])).catch(() => false)) {
      announce(config, key.path);
      break;
    }
    await sleep(200, undefined, { signal: over.signal }).catch(() => {});
  }
  const exitCode = await ended;
  if (key.made) rmSync(key.path, { force: true });
  if (failure !== null) return complain(failure);
  if (stopped) {
    say("The LLM server has stopped.");
    return 0;
  }
  return complain(toErrorReport(new MentorError("service-failed", `The LLM server ended unexpectedly (exit code ${exitCode}).`)));
}

function readArguments(): { config: ChatAloneConfig; root: string; keyFile: string | undefined } {
  const names = ["root", "model", "port", "context", "parallel", "threads", "gpu", "key-file"] as const;
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])) });
  const port = z.coerce.number().int().min(1).max(65_535).safeParse(values.port);
  if (!port.success) throw new MentorError("input-invalid", `"${values.port}" is no port number.`, { advice: "Give a number from 1 to 65535 after --port." });
  const config = ChatAloneConfig.safeParse({
    port: port.data,
    model: resolve(String(values.model)),
    embeddingModel: null,
    gpu: values.gpu,
    contextTokens: Number(values.context),
    parallel: Number(values.parallel),
    threads: values.threads === undefined ? null : Number(values.threads),
  });
  if (!config.success) throw new MentorError("input-invalid", `The options cannot be used: ${config.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}.`, { advice: "See start_llm_server.sh --help." });
  return { config: config.data, root: String(values.root), keyFile: values["key-file"] };
}

/** The key that was given, or a new one in a file that only this user can read. */
function takeKey(root: string, keyFile: string | undefined): { value: string; path: string; made: boolean } {
  if (keyFile !== undefined) {
    const value = existsSync(keyFile) ? readFileSync(keyFile, "utf8").trim() : "";
    if (value.length < 16) throw new MentorError("input-invalid", `${keyFile} holds no key of at least 16 characters.`, { advice: "Leave --key-file out and one is made." });
    return { value, path: keyFile, made: false };
  }
  const folders = agentFolders(root);
  makeFolders(folders);
  const value = randomBytes(32).toString("base64url");
  const path = join(folders.run, `llm-alone-${process.pid}.key`);
  writeFileSync(path, `${value}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return { value, path, made: true };
}

function announce({ port, model }: ChatAloneConfig, keyPath: string): void {
  const url = `http://127.0.0.1:${port}`;
  say(`
The LLM server is running with ${basename(model)}.
  API:      ${url}/v1
  Models:   ${url}/v1/models
  Health:   ${url}/health
  Key:      in ${keyPath}
  Try it:   curl -H "Authorization: Bearer $(cat '${keyPath.replaceAll("'", String.raw`'\''`)}')" ${url}/v1/models
  Stop it:  press Ctrl-C
It answers only on this machine; from another one, open a tunnel: ssh -L ${port}:127.0.0.1:${port} HOST`);
}

function complain(error: ErrorReport): number {
  const advice: Partial<Record<ErrorReport["code"], string>> = {
    "port-in-use": "Stop that program, or choose another port with --port N.",
    "gpu-unusable": "Check the driver with nvidia-smi (570 or newer is needed), or run on the processor with --gpu cpu.",
    "memory-too-small": "Choose a smaller model, or a smaller --context or --parallel.",
  };
  process.stderr.write(`Error: ${[error.message, ...(error.causes ?? [])].join("\n  ")}\n${advice[error.code] ?? error.advice ?? ERRORS[error.code].advice}\n`);
  return 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = complain(toErrorReport(error));
}
