import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseEndpointUrl } from "../../../contract/endpoint-url.ts";
import { parseMilvusImage } from "../../../contract/milvus-image.ts";
import { parseMilvusUrl } from "../../../contract/milvus-url.ts";
import type { OwnMilvusKind } from "../../../contract/milvus.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { HostChoice, SessionSnapshot, StartRequest } from "../../../contract/session.ts";
import type { CommandContext } from "../command.ts";
import { withCore, type CoreClient } from "../core.ts";
import { UsageError } from "../failure.ts";
import type { Output } from "../output.ts";
import { describeEndpoint } from "../endpoint.ts";
import { describePods, isForgotten } from "./pods.ts";
import { rentChoice, requireNoRent, type RentOptions } from "../rent-options.ts";
import { describeRent } from "../rent-view.ts";
import { runToReady } from "../run-session.ts";
import { stepTimings } from "../session-state.ts";
import { formatSeconds } from "../units.ts";

export interface StartOptions extends RentOptions {
  stick?: string;
  host?: "local" | "ssh" | "runpod";
  ssh?: string;
  identity?: string;
  trust?: string;
  model?: string;
  mirror?: string;
  course?: string;
  llmUrl?: string;
  llmModel?: string;
  embeddingUrl?: string;
  embeddingModel?: string;
  milvus?: OwnMilvusKind;
  milvusImage?: string;
  milvusUrl?: string;
  allowHttp?: boolean;
}

/** Returns when the session is ready, and leaves it running. */
export async function start(options: StartOptions, { output, connect }: CommandContext): Promise<void> {
  const { cwd } = output.terminal;
  const host = hostChoice(options, cwd);
  const endpoints = endpointChoice(options);
  const store = storeChoice(options, cwd);
  await withCore(connect, async (client) => {
    await tellForgotten(client, output);
    const session = await runToReady(client, { ...(await requestOf(client, options, host, cwd)), ...endpoints, ...store }, output);
    describeReady(session, output);
    output.result("start", { ready: true, session, steps: stepTimings(session), firstTokenSeconds: session.firstTokenSeconds });
  });
}

/** All of a start but its endpoints. */
export async function requestOf(client: CoreClient, options: StartOptions, host: HostChoice, cwd: string): Promise<StartRequest> {
  return {
    stick: options.stick === undefined ? await onlyStick(client, options.llmUrl !== undefined) : resolve(cwd, options.stick),
    host,
    model: options.model === undefined ? undefined : modelPath(options.model, cwd),
    mirror: options.mirror,
    course: options.course === undefined ? undefined : resolve(cwd, options.course),
  };
}

function hostChoice(options: StartOptions, cwd: string): HostChoice {
  const { host, ssh, identity, trust } = options;
  const kind = host ?? (ssh === undefined ? "local" : "ssh");
  if (kind === "runpod") {
    if (ssh !== undefined || identity !== undefined) throw new UsageError(`${ssh === undefined ? "--identity" : "--ssh"} goes with --host ssh, not with --host runpod.`);
    return rentChoice(options);
  }
  requireNoRent(options);
  if (kind === "local") {
    if (ssh !== undefined) throw new UsageError("--ssh goes with --host ssh, not with --host local.");
    return { kind };
  }
  if (ssh === undefined) throw new UsageError("--host ssh needs --ssh user@host:port.");
  if (identity === undefined) throw new UsageError("--host ssh needs --identity FILE, the private key that opens the host.");
  return { kind, address: ssh, identity: resolve(cwd, identity), trustFingerprint: trust };
}

/** What is wrong with an address is said before anything is asked of the core. */
function endpointChoice({ llmUrl, llmModel, embeddingUrl, embeddingModel, allowHttp, model, mirror }: StartOptions): Pick<StartRequest, "chatEndpoint" | "embeddingEndpoint" | "allowHttp"> {
  if (llmUrl === undefined && llmModel !== undefined) throw new UsageError("--llm-model goes with --llm-url.");
  if (embeddingUrl === undefined && embeddingModel !== undefined) throw new UsageError("--embedding-model goes with --embedding-url.");
  if (llmUrl !== undefined && (model ?? mirror) !== undefined) throw new UsageError(`--llm-url and ${model === undefined ? "--mirror" : "--model"} exclude each other: the endpoint brings its own model.`);
  const endpoint = (url: string | undefined, name: string | undefined) => (url === undefined ? undefined : { url: usable(() => parseEndpointUrl(url, { allowHttp })), model: name });
  return { chatEndpoint: endpoint(llmUrl, llmModel), embeddingEndpoint: endpoint(embeddingUrl, embeddingModel), allowHttp };
}

function storeChoice({ milvus, milvusImage, milvusUrl, allowHttp }: StartOptions, cwd: string): Pick<StartRequest, "milvus" | "milvusImage" | "milvusUrl"> {
  if (milvusUrl !== undefined && milvus !== undefined) throw new UsageError("--milvus-url and --milvus exclude each other: the one is somebody else's, the other our own.");
  if (milvusImage !== undefined && (milvusUrl ?? milvus ?? "image") !== "image") throw new UsageError(`--milvus-image goes with --milvus image, not with ${milvusUrl === undefined ? `--milvus ${milvus}` : "--milvus-url"}.`);
  return { milvus, milvusImage: milvusImage === undefined ? undefined : imagePlace(milvusImage, cwd), milvusUrl: milvusUrl === undefined ? undefined : usable(() => parseMilvusUrl(milvusUrl, { allowHttp })) };
}

/** A folder that is here, else a name that a registry has. */
function imagePlace(image: string, cwd: string): string {
  const here = resolve(cwd, image);
  const place = existsSync(here.replace(/@sha256:\w+$/, "")) ? here : image;
  usable(() => parseMilvusImage(place).digest);
  return place;
}

function usable(parse: () => string): string {
  try {
    return parse();
  } catch (error) {
    const { message, advice } = error as MentorError;
    throw new UsageError([message, advice].filter(Boolean).join(" "));
  }
}

/** Milliseconds that a start waits to hear of machines that run for nobody. */
const FORGOTTEN_WITHIN = 5_000;

/** A machine that runs without a session costs money for nothing; whoever starts another is the one to tell. */
async function tellForgotten(client: CoreClient, output: Output): Promise<void> {
  if (output.json) return;
  const pods = await client.pods.list(undefined, { signal: AbortSignal.timeout(FORGOTTEN_WITHIN) }).catch(() => []);
  const forgotten = pods.filter(isForgotten);
  if (forgotten.length > 0) describePods(forgotten, output);
}

/** A name that is no file here is meant relative to the stick. */
function modelPath(model: string, cwd: string): string {
  const here = resolve(cwd, model);
  return existsSync(here) ? here : model;
}

async function onlyStick(client: CoreClient, optional: boolean): Promise<string | undefined> {
  const sticks = (await client.sticks.list()).filter((stick) => stick.kind === "removable");
  const [only] = sticks;
  if (only === undefined && optional) return undefined;
  if (only === undefined) throw new MentorError("stick-missing", "No stick is plugged in, and none was named.", { advice: "Plug the stick in, or name a folder that holds the model: --stick DIR." });
  if (sticks.length > 1) throw new UsageError(`Several sticks are plugged in: name one with --stick.\n${sticks.map((stick) => `  ${stick.path}  ${stick.label}`).join("\n")}`);
  return only.path;
}

function describeReady(session: SessionSnapshot, output: Output): void {
  output.line();
  const took = session.startedAt !== null && session.readyAt !== null ? ` after ${formatSeconds((Date.parse(session.readyAt) - Date.parse(session.startedAt)) / 1000)}` : "";
  output.line(`Ready${took}: ${session.servedBy.chat === null ? (session.model?.name ?? "the model") : describeEndpoint(session.servedBy.chat)} on ${session.host?.label ?? "the host"}.`);
  for (const { service, url, moved } of session.endpoints) output.line(`  ${service.padEnd(6)} ${url}${moved ? "  (the usual port was taken)" : ""}`);
  if (session.rent !== null) describeRent(session.rent, output);
  output.line(`Ask with: ai-mentor ask "…"    Stop with: ai-mentor stop`);
}
