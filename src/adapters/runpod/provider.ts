import type { Cloud, GpuOffer, MicroUsd, NetworkVolume, PodDisk } from "../../contract/rent.ts";
import { MentorError } from "../../contract/errors.ts";
import type { Clock, ExpectedKey, Pod, PodOrder, Provider } from "../../core/ports.ts";
import { RunpodClient, type RunpodClientOptions } from "./client.ts";
import { fingerprintsIn, readLog, type LogLine } from "./host-keys.ts";
import { offersOf } from "./offers.ts";
import { fromApi, ownDisk, toRequest, volumePriceADay, apiCloud, type ApiPod } from "./pods.ts";

const DAY = 86_400_000;
/** Of a container's log: enough for what its start printed, however much was said since. */
const LOG_LINES = 5_000;

/** Runpod as a place that lets machines. */
export class Runpod implements Provider {
  readonly podApi: string;
  readonly #client: RunpodClient;
  readonly #clock: Clock;

  constructor(options: RunpodClientOptions) {
    this.#client = new RunpodClient(options);
    this.#clock = options.clock;
    this.podApi = `${this.#client.url}/v2`;
  }

  async offers({ minCuda }: { minCuda: string | null }, signal?: AbortSignal): Promise<GpuOffer[]> {
    const inCloud = async (cloud: Cloud) => {
      const { gpus } = await this.#client.call("listGpuTypes", {
        query: { include: ["AVAILABILITY"], product: ["POD"], count: 1, cloud: apiCloud(cloud), ...(minCuda === null ? {} : { minCudaVersion: minCuda }) },
        signal,
      });
      return offersOf(gpus, cloud);
    };
    return (await Promise.all([inCloud("secure"), inCloud("community")])).flat();
  }

  async create(order: PodOrder, signal?: AbortSignal): Promise<Pod> {
    const pod = await this.#client.call("createPod", { body: toRequest(order), signal });
    return fromApi(pod, []);
  }

  /** Sent again when its answer was lost: a machine that is on its way already needs no second start. */
  async resume(id: string, signal?: AbortSignal): Promise<void> {
    await this.#act(id, "start", (pod) => pod.status === "PROVISIONING" || pod.status === "STARTING" || pod.status === "RUNNING", signal);
  }

  async stop(id: string, signal?: AbortSignal): Promise<void> {
    await this.#act(id, "stop", (pod) => pod.status === "EXITED" || pod.status === "TERMINATED", signal);
  }

  /** `done` says whether a machine that refuses the action in its present state is where the action would take it. */
  async #act(id: string, action: "start" | "stop", done: (pod: ApiPod) => boolean, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.call("podAction", { id, body: { action }, signal });
    } catch (error) {
      if (!(error instanceof MentorError) || error.details?.status !== 409) throw error;
      if (!done(await this.#client.call("getPod", { id, signal }))) throw error;
    }
  }

  async terminate(id: string, signal?: AbortSignal): Promise<void> {
    await this.#client.call("deletePod", { id, signal }).catch((error: unknown) => {
      if (!(error instanceof MentorError) || error.code !== "pod-gone") throw error;
    });
  }

  async list(signal?: AbortSignal): Promise<Pod[]> {
    const { pods } = await this.#client.call("listPods", { signal });
    const volumes = pods.some(({ mounts }: ApiPod) => mounts?.network !== undefined) ? (await this.#client.call("listNetworkVolumes", { signal })).networkVolumes : [];
    return pods.map((pod: ApiPod) => fromApi(pod, volumes)).filter(({ state }) => state !== "gone");
  }

  async describe(id: string, signal?: AbortSignal): Promise<Pod | null> {
    try {
      const pod: ApiPod = await this.#client.call("getPod", { id, signal });
      const volumes = pod.mounts?.network === undefined ? [] : (await this.#client.call("listNetworkVolumes", { signal })).networkVolumes;
      return pod.status === "TERMINATED" ? null : fromApi(pod, volumes);
    } catch (error) {
      if (error instanceof MentorError && error.code === "pod-gone") return null;
      throw error;
    }
  }

  async hostKeys(id: string, { expected, signal }: { expected?: ExpectedKey; signal?: AbortSignal } = {}): Promise<string[]> {
    // Of a log that is still being told, what an earlier start has said is not enough.
    const isEnough = (lines: readonly LogLine[]) => expected !== undefined && fingerprintsIn(lines.filter(({ ts }) => Date.parse(ts) >= Date.parse(expected.startedAt))).includes(expected.fingerprint);
    const lines = await this.#client.stream("getPodLogs", { id, query: { source: "container", tail: LOG_LINES }, signal }, (body) => readLog(body, this.#clock, isEnough));
    return fingerprintsIn(lines);
  }

  async billed(id: string, signal?: AbortSignal): Promise<MicroUsd | null> {
    const startTime = new Date(this.#clock.now() - 365 * DAY).toISOString();
    const { records, metadata } = await this.#client.call("listPodBilling", { query: { podId: id, startTime, bucketSize: "day" }, signal });
    return records.length === 0 ? null : Math.round(metadata.totals.totalAmount * 1_000_000);
  }

  ownDisk(gigabytes: number): PodDisk {
    return ownDisk(gigabytes);
  }

  async volumes(signal?: AbortSignal): Promise<NetworkVolume[]> {
    const { networkVolumes } = await this.#client.call("listNetworkVolumes", { signal });
    return networkVolumes.map(toVolume);
  }

  async createVolume({ name, gigabytes, dataCenter }: { name: string; gigabytes: number; dataCenter: string }, signal?: AbortSignal): Promise<NetworkVolume> {
    return toVolume(await this.#client.call("createNetworkVolume", { body: { name, size: gigabytes, dataCenter }, signal }));
  }
}

const toVolume = (volume: Parameters<typeof volumePriceADay>[0]): NetworkVolume => ({ id: volume.id, name: volume.name, gigabytes: volume.size, dataCenter: volume.dataCenter, microUsdPerDay: volumePriceADay(volume) });
