import type { components } from "../../runpod/api-types.ts";
import type { OperationName } from "../../runpod/operations.ts";
import type { ApiVolume, RunpodAccount } from "./account.ts";
import { podBilling } from "./billing.ts";
import { recognise, violations } from "./description.ts";
import type { PodLog } from "./log.ts";
import type { CreatePod, FakePod } from "./pod.ts";
import { Refusal } from "./refusal.ts";

export interface ApiRequest {
  method: string;
  pathname: string;
  query: URLSearchParams;
  /** As sent, `Bearer …` and all. */
  authorization: string | null;
  /** Parsed; undefined where there is none. */
  body: unknown;
  /** Of the log's cursor. */
  lastEventId: string | null;
}

export type ApiAnswer =
  | { status: number; headers: Record<string, string>; body: unknown; call: OperationName | null }
  | { status: 200; log: PodLog; backlog: number; call: "getPodLogs" };

type Schemas = components["schemas"];

/** Answers one request as Runpod would. Never throws. */
export function answer(account: RunpodAccount, request: ApiRequest): ApiAnswer {
  account.settle();
  const call = recognise(request.method, request.pathname);
  try {
    if (call === null) throw new Refusal(404, "resource not found");
    const key = admit(account, request.authorization);
    const refusal = account.faults.takeOn("refusal", call.name);
    if (refusal !== null) return problem(new Refusal(refusal.status, refusal.detail ?? DETAIL[refusal.status] ?? "the request failed"), call.name, refusal.retryAfterSeconds);
    const wrong = violations(call.name, request.query, request.body);
    if (wrong.length > 0) throw new Refusal(422, "Request validation failed.", wrong);
    if (key !== "account") return own(account, key, call.name, call.path.id, request);
    return perform(account, call.name, call.path.id ?? "", request);
  } catch (error) {
    if (error instanceof Refusal) return problem(error, call?.name ?? null);
    throw error;
  }
}

const DETAIL: Record<number, string> = {
  402: "Your balance is too low. Please add funds.",
  403: "access denied",
  429: "rate limit exceeded for the minute window",
  503: "upstream unavailable",
};

const problem = (refusal: Refusal, call: OperationName | null, retryAfter?: number): ApiAnswer => ({
  status: refusal.status,
  headers: { "content-type": "application/problem+json", ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }) },
  body: refusal.body,
  call,
});

const json = (call: OperationName, body: unknown, status = 200): ApiAnswer => ({ status, headers: { "content-type": "application/json" }, body, call });
const empty = (call: OperationName): ApiAnswer => ({ status: 204, headers: {}, body: undefined, call });

/** Whose key it is: the account's, or one pod's own. */
function admit(account: RunpodAccount, authorization: string | null): "account" | FakePod {
  const key = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
  if (key === undefined) throw new Refusal(401, "missing bearer token");
  if (account.keys.has(key)) return "account";
  const pod = account.pods().find(({ ownKey }) => ownKey === key);
  if (pod === undefined) throw new Refusal(401, "invalid bearer token");
  return pod;
}

/** What a pod may do with the key from its own environment. */
function own(account: RunpodAccount, pod: FakePod, call: OperationName, id: string | undefined, request: ApiRequest): ApiAnswer {
  const stops = call === "podAction" && (request.body as { action: string }).action === "stop";
  if (id !== pod.id || !((call === "getPod" && account.podKeyMay.read) || (stops && account.podKeyMay.stop))) throw new Refusal(403, "access denied");
  const said = perform(account, call, id, request);
  if (stops && said.status === 200) pod.stoppedByOwnKey = true;
  return said;
}

function perform(account: RunpodAccount, call: OperationName, id: string, { query, body }: ApiRequest): ApiAnswer {
  const now = account.clock.now();
  const pod = (): FakePod => account.pod(id) ?? missing("pod not found");
  const volume = (): ApiVolume => account.volumes().find((one) => one.id === id) ?? missing("network volume not found");
  switch (call) {
    case "listPods":
      return json(call, { pods: account.pods().map((one) => one.view(now)) });
    case "createPod":
      return json(call, account.create(body as CreatePod).view(now), 201);
    case "getPod":
      return json(call, pod().view(now));
    case "deletePod":
      account.terminate(pod());
      return empty(call);
    case "podAction": {
      const { action } = body as Schemas["PodActionRequest"];
      const changed = pod();
      account[action](changed);
      return action === "terminate" ? empty(call) : json(call, changed.view(now));
    }
    case "getPodLogs":
      return { status: 200, log: pod().log, backlog: Number(query.get("tail") ?? 100), call };
    case "listNetworkVolumes":
      return json(call, { networkVolumes: account.volumes() });
    case "createNetworkVolume":
      return json(call, account.createVolume(body as Schemas["CreateNetworkVolumeRequest"]), 201);
    case "getNetworkVolume":
      return json(call, volume());
    case "deleteNetworkVolume":
      account.removeVolume(volume());
      return empty(call);
    case "listGpuTypes":
      return json(call, { gpus: gpus(account, query) });
    case "listDataCenters":
      return json(call, { dataCenters: account.dataCenters });
    case "listPodBilling":
      return json(call, podBilling(account, query));
  }
}

function missing(detail: string): never {
  throw new Refusal(404, detail);
}

const FILTERS = ["product", "count", "cloud", "countryCodes", "cudaVersions", "minCudaVersion"];

function gpus(account: RunpodAccount, query: URLSearchParams): Schemas["GpuType"][] {
  const asked = query.get("include") === "AVAILABILITY";
  if (!asked && FILTERS.some((name) => query.has(name))) throw new Refusal(400, "availability filters are valid only with include=AVAILABILITY");
  if (asked && !query.has("product")) throw new Refusal(400, "product is required with include=AVAILABILITY");
  if (query.has("countryCodes")) throw new Refusal(400, "the rehearsal knows no countries");
  const cloud = query.get("cloud") === "COMMUNITY" ? "COMMUNITY" : "SECURE";
  const minimum = query.get("minCudaVersion");
  const place = (id: string) => account.dataCenters.find((center) => center.id === id)?.name ?? id;
  return account.stock.cards.map((card) => {
    const rents = (which: string) => account.stock.racks.some((rack) => rack.card === card.id && rack.cloud === which);
    const { id, name, pool, memory, price } = card;
    const common = { id, name, pool, manufacturer: "NVIDIA" as const, memory, secure: rents("SECURE"), community: rents("COMMUNITY"), price, maxCount: { secure: 8, community: 4 } };
    if (!asked) return common;
    const allowedCuda = query.get("cudaVersions")?.split(",") ?? [];
    return { ...common, ...account.stock.availability({ card: id, count: Number(query.get("count") ?? 1), cloud, minCuda: minimum === null ? null : minimum.includes(".") ? minimum : `${minimum}.0`, allowedCuda }, place) };
  });
}
