import type { components } from "../../runpod/api-types.ts";
import type { StartMishaps } from "./faults.ts";
import { PodLog } from "./log.ts";
import type { Machine } from "./machines.ts";
import type { Rack } from "./stock.ts";

export type ApiPod = components["schemas"]["Pod"];
export type ApiStatus = components["schemas"]["PodStatus"];
export type ApiAction = components["schemas"]["PodAction"];
export type CreatePod = components["schemas"]["CreatePodRequest"];

/** One pod as the rehearsal keeps it. */
export class FakePod {
  readonly id: string;
  readonly order: CreatePod;
  readonly rack: Rack;
  readonly count: number;
  /** USD an hour while it holds its card. */
  readonly price: number;
  /** The key that it finds in its own environment. */
  readonly ownKey: string;
  readonly createdAt: number;
  readonly log = new PodLog();
  status: ApiStatus = "PROVISIONING";
  /** What happens next by itself, and when. */
  next: { at: number; to: ApiStatus } | null = null;
  machine: Machine | null = null;
  portMappedAt = Infinity;
  /** What goes wrong at its present start, and in the run after it. */
  mishaps: StartMishaps = {};
  startedAt: number | null = null;
  starts = 0;
  /** The key from its own environment has stopped it, at least once. */
  stoppedByOwnKey = false;

  constructor(made: Pick<FakePod, "id" | "order" | "rack" | "count" | "price" | "ownKey" | "createdAt">) {
    this.id = made.id;
    this.order = made.order;
    this.rack = made.rack;
    this.count = made.count;
    this.price = made.price;
    this.ownKey = made.ownKey;
    this.createdAt = made.createdAt;
  }

  /** It holds its card, and is charged for it. */
  get holdsCard(): boolean {
    return this.status === "PROVISIONING" || this.status === "STARTING" || this.status === "RUNNING" || this.status === "ERROR";
  }

  get ownDisk(): number {
    return this.order.mounts?.persistent?.size ?? 0;
  }

  get networkVolume(): string | null {
    return this.order.mounts?.network?.[0]?.volumeId ?? null;
  }

  get actions(): ApiAction[] {
    if (!this.holdsCard) return this.#possible;
    if (this.mishaps.locked) return [];
    return this.mishaps["cannot-stop"] ? this.#possible.filter((action) => action !== "stop") : this.#possible;
  }

  get #possible(): ApiAction[] {
    switch (this.status) {
      case "RUNNING":
        return ["stop", "restart", "terminate"];
      case "EXITED":
      case "ERROR":
        return ["start", "terminate"];
      case "TERMINATED":
        return [];
      default:
        return ["stop", "terminate"];
    }
  }

  /** As the API shows it at this moment. */
  view(now: number): ApiPod {
    const { "status-unknown": unknown, "price-missing": priceless, "actions-missing": actionless } = this.mishaps;
    const whole = this.#whole(now);
    if (unknown && this.status === "RUNNING") Object.assign(whole, { status: "MIGRATING" });
    for (const [missing, name] of [[priceless, "cost"], [actionless, "actions"]] as const) if (missing && this.holdsCard) Reflect.deleteProperty(whole, name);
    return whole;
  }

  #whole(now: number): ApiPod {
    const running = this.status === "RUNNING";
    const mapped = running && now >= this.portMappedAt ? this.machine : null;
    const direct = mapped !== null && (this.order.ports ?? []).includes("22/tcp") ? { host: mapped.host, port: mapped.port, username: mapped.user, command: `ssh ${mapped.user}@${mapped.host} -p ${mapped.port}` } : null;
    const proxy = { host: "ssh.runpod.io", port: 22, username: `${this.id}-64411eb2`, command: `ssh ${this.id}-64411eb2@ssh.runpod.io` };
    return {
      id: this.id,
      name: this.order.name,
      status: this.status,
      actions: this.actions,
      image: this.order.image ?? "",
      args: this.order.args ?? "",
      disk: this.order.disk ?? 20,
      ports: this.order.ports ?? [],
      env: this.order.env ?? {},
      registry: null,
      mounts: this.order.mounts ?? {},
      gpu: { id: this.rack.card, count: this.count },
      cloud: this.rack.cloud,
      dataCenterId: this.rack.dataCenter,
      cudaVersion: this.rack.cuda,
      ssh: { proxy, direct },
      template: null,
      cost: this.holdsCard ? this.price * this.count : 0,
      locked: this.holdsCard && this.mishaps.locked !== undefined,
      globalNetworking: { enabled: false },
      runtime: running ? { uptime: Math.floor((now - (this.startedAt ?? now)) / 1000), ports: direct === null ? [] : [{ private: 22, public: direct.port, type: "tcp", ip: direct.host }] } : null,
      createdAt: new Date(this.createdAt).toISOString(),
      startedAt: this.startedAt === null ? null : new Date(this.startedAt).toISOString(),
    };
  }
}
