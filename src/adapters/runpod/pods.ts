import { isUp, type Cloud, type PodDisk, type PodState } from "../../contract/rent.ts";
import type { Pod, PodOrder } from "../../core/ports.ts";
import type { components } from "./api-types.ts";
import { diskPriceADay, diskRate } from "./disk-prices.ts";

type Schemas = components["schemas"];
/** What is promised beside these may be missing all the same: one odd machine in the account must not hide the others. */
export type ApiPod = Pick<Schemas["Pod"], "id" | "name" | "status"> & Partial<Schemas["Pod"]>;

/** Ubuntu 24.04 with CUDA 12.8 and Python; its own start command, which is not overridden, starts sshd. */
const IMAGE = "runpod/pytorch:1.0.2-cu1281-torch280-ubuntu2404";

/** GB of the container's own disk. Everything of ours lies on the volume. */
const CONTAINER_DISK = 20;

const MOUNT = "/workspace";

export const apiCloud = (cloud: Cloud): Schemas["Cloud"] => (cloud === "secure" ? "SECURE" : "COMMUNITY");

export function toRequest({ name, gpu, cloud, minCuda, dataCenters, publicKey, disk }: PodOrder): Schemas["CreatePodRequest"] {
  return {
    name,
    image: IMAGE,
    gpu: { id: gpu, count: 1, ...(minCuda === null ? {} : { minCudaVersion: minCuda }) },
    cloud: apiCloud(cloud),
    ...(dataCenters.length === 0 ? {} : { dataCenterIds: [...dataCenters] }),
    disk: CONTAINER_DISK,
    ports: ["22/tcp"],
    // Set here, so that none of the account's own keys is put into the machine in its place.
    env: { PUBLIC_KEY: publicKey },
    startSsh: true,
    startJupyter: false,
    globalNetworking: false,
    mounts: disk.kind === "own" ? { persistent: { size: disk.gigabytes, path: MOUNT } } : { network: [{ volumeId: disk.volumeId, path: MOUNT }] },
  };
}

const STATES: Record<Schemas["PodStatus"], PodState> = { PROVISIONING: "provisioning", STARTING: "starting", RUNNING: "running", EXITED: "stopped", ERROR: "failed", TERMINATED: "gone" };

/** A status that is not known yet counts as one that costs money, unless its price says that it does not. */
const stateOf = ({ status, cost }: ApiPod): PodState => STATES[status] ?? (cost === 0 ? "stopped" : "starting");

export const ownDisk = (gigabytes: number): PodDisk => ({ kind: "own", gigabytes, volumeId: null, microUsdPerDay: diskPriceADay("stopped", gigabytes) });

/** `volumes`: the account's network volumes, which alone know their size. */
export function fromApi(pod: ApiPod, volumes: readonly Schemas["NetworkVolume"][]): Pod {
  const state = stateOf(pod);
  const own = pod.mounts?.persistent?.size;
  const direct = pod.ssh?.direct ?? null;
  const cost = pod.cost ?? 0;
  return {
    id: pod.id,
    name: pod.name,
    state,
    gpu: pod.gpu?.id.replace(/^NVIDIA (GeForce )?/, "") ?? null,
    cloud: pod.cloud === "SECURE" ? "secure" : "community",
    dataCenter: pod.dataCenterId ?? null,
    cudaVersion: pod.cudaVersion ?? null,
    // What the API calls the cost is the card's; the disks are charged beside it.
    microUsdPerHour: cost > 0 ? Math.round(cost * 1_000_000 + diskRate("container", pod.disk ?? CONTAINER_DISK) + diskRate("running", own ?? 0)) : 0,
    ssh: direct === null ? null : { host: direct.host, port: direct.port, user: direct.username },
    disk: own === undefined ? networkDisk(pod, volumes) : ownDisk(own),
    startedAt: state === "running" ? (pod.startedAt ?? null) : null,
    upSeconds: state === "running" ? (pod.runtime?.uptime ?? null) : null,
    stoppable: !isUp({ state }) || pod.actions === undefined || pod.actions.includes("stop"),
    locked: pod.locked === true,
  };
}

function networkDisk(pod: ApiPod, volumes: readonly Schemas["NetworkVolume"][]): PodDisk | null {
  const volumeId = pod.mounts?.network?.[0]?.volumeId;
  if (volumeId === undefined) return null;
  const volume = volumes.find(({ id }) => id === volumeId);
  return { kind: "network", volumeId, gigabytes: volume?.size ?? 0, microUsdPerDay: volume === undefined ? 0 : volumePriceADay(volume) };
}

export const volumePriceADay = ({ type, size }: Schemas["NetworkVolume"]): number => diskPriceADay(type === "HIGH_PERFORMANCE" ? "networkHighPerformance" : "network", size);
