import type { Clock } from "../../../core/ports.ts";
import type { components } from "../../runpod/api-types.ts";
import { diskRate } from "../../runpod/disk-prices.ts";
import { Bill } from "./bill.ts";
import { Faults } from "./faults.ts";
import { paperMachines, type Machines } from "./machines.ts";
import { FakePod, type CreatePod } from "./pod.ts";
import { Refusal } from "./refusal.ts";
import { Stock, type Card, type PlaceWish, type Rack } from "./stock.ts";
import { CARDS, DATA_CENTERS, RACKS, USUAL_DELAYS, type Delays } from "./world.ts";

export type ApiVolume = components["schemas"]["NetworkVolume"];

export interface AccountOptions {
  clock: Clock;
  /** The account's API key. */
  key?: string;
  /** Default: 25 USD. */
  balanceMicroUsd?: number;
  delays?: Partial<Delays>;
  cards?: readonly Card[];
  racks?: readonly Rack[];
  machines?: Machines;
  /** What the key in a pod's own environment may do with its own pod. Default: read and stop it. */
  podKeyMay?: { read: boolean; stop: boolean };
  /** Makes ids and pod keys; the same seed makes the same ones. */
  seed?: number;
}

/**
 * A Runpod account: what is rented, what is free, what it costs. It knows no HTTP and waits for
 * nothing: whoever looks finds it as far as the clock is.
 */
export class RunpodAccount {
  readonly clock: Clock;
  readonly faults = new Faults();
  readonly stock: Stock;
  readonly bill = new Bill();
  readonly dataCenters = DATA_CENTERS;
  readonly machines: Machines;
  /** Keys that open the whole account. */
  readonly keys = new Set<string>();
  podKeyMay: { read: boolean; stop: boolean };
  delays: Delays;
  readonly #balance: number;
  readonly #pods = new Map<string, FakePod>();
  readonly #volumes = new Map<string, ApiVolume>();
  #random: number;

  constructor({ clock, key = "rpa_rehearsal", balanceMicroUsd = 25_000_000, delays = {}, cards = CARDS, racks = RACKS, machines = paperMachines(), podKeyMay = { read: true, stop: true }, seed = 1 }: AccountOptions) {
    this.clock = clock;
    this.keys.add(key);
    this.#balance = balanceMicroUsd;
    this.delays = { ...USUAL_DELAYS, ...delays };
    this.stock = new Stock(cards, racks);
    this.machines = machines;
    this.podKeyMay = podKeyMay;
    this.#random = seed >>> 0;
  }

  /** All that there are now, deleted ones left out. */
  pods(): FakePod[] {
    this.settle();
    return [...this.#pods.values()].filter(({ status }) => status !== "TERMINATED");
  }

  /** All that there ever were, deleted ones too. */
  everyPod(): FakePod[] {
    this.settle();
    return [...this.#pods.values()];
  }

  pod(id: string): FakePod | null {
    return this.pods().find((pod) => pod.id === id) ?? null;
  }

  volumes(): ApiVolume[] {
    return [...this.#volumes.values()];
  }

  /** Micro-USD spent so far: for one pod or volume, or in all. */
  spent(owner?: string): number {
    this.settle();
    return this.bill.total(this.clock.now(), (line) => owner === undefined || line.owner === owner);
  }

  balance(): number {
    return this.#balance - this.spent();
  }

  /** Throws a Refusal. */
  create(order: CreatePod): FakePod {
    this.settle();
    const card = this.#allowed(order);
    const count = order.gpu?.count ?? 1;
    const cloud = order.cloud ?? "SECURE";
    const wish: PlaceWish = { card: card.id, count, cloud, dataCenters: this.#placesFor(order, cloud), minCuda: order.gpu?.minCudaVersion ?? null, allowedCuda: order.gpu?.allowedCudaVersions ?? [] };
    if (this.balance() <= 0) throw new Refusal(402, "Your balance is too low to start a pod. Please add funds.");
    const rack = this.faults.take("no-capacity", ({ card: only }) => only === undefined || only === card.id) === null ? this.stock.find(wish) : null;
    if (rack === null) throw new Refusal(400, "There are no longer any instances available with the requested specifications. Please refresh and try again.");
    rack.free -= count;
    const pod = new FakePod({ id: this.#word(14), order, rack, count, price: cloud === "SECURE" ? card.price.secure : card.price.community, ownKey: `rpa_pod_${this.#word(24)}`, createdAt: this.clock.now() });
    this.#pods.set(pod.id, pod);
    this.#begin(pod);
    return pod;
  }

  #allowed(order: CreatePod): Card {
    if (order.cpu !== undefined || order.gpu === undefined) throw new Refusal(400, "exactly one of gpu or cpu is required; the rehearsal lets GPU pods only");
    const card = this.stock.card(order.gpu.id);
    if (card === undefined) throw new Refusal(400, `gpu type ${order.gpu.id} not found`);
    if ((order.gpu.allowedCudaVersions ?? []).length > 0 && order.gpu.minCudaVersion !== undefined) throw new Refusal(400, "allowedCudaVersions and minCudaVersion are mutually exclusive");
    if (order.mounts?.persistent !== undefined && order.mounts.network !== undefined) throw new Refusal(400, "mounts.persistent and mounts.network are mutually exclusive");
    return card;
  }

  #placesFor(order: CreatePod, cloud: string): string[] {
    const places = order.dataCenterIds ?? [];
    const wanted = order.mounts?.network?.[0]?.volumeId;
    if (wanted === undefined) return places;
    const volume = this.#volumes.get(wanted);
    if (volume === undefined) throw new Refusal(400, `network volume ${wanted} not found`);
    if (cloud !== "SECURE") throw new Refusal(400, "network volumes are only supported on secure cloud");
    if (places.length > 0 && !places.includes(volume.dataCenter)) throw new Refusal(400, `network volume ${wanted} is in ${volume.dataCenter}, which is not among the requested data centers`);
    return [volume.dataCenter];
  }

  start(pod: FakePod): void {
    this.#permit(pod, "start");
    if (this.balance() <= 0) throw new Refusal(402, "Your balance is too low to start this pod. Please add funds.");
    if (pod.status === "ERROR") this.#end(pod, this.clock.now());
    else if (pod.rack.free < pod.count) throw new Refusal(400, "There are not enough free GPUs on the host machine to start this pod.");
    pod.rack.free -= pod.count;
    this.#begin(pod);
  }

  stop(pod: FakePod): void {
    this.#permit(pod, "stop");
    this.#end(pod, this.clock.now());
    if (this.faults.take("gpu-gone") !== null) pod.rack.free = 0;
  }

  restart(pod: FakePod): void {
    this.#permit(pod, "restart");
    this.machines.halt(pod.id);
    pod.mishaps = this.faults.takeForStart();
    this.#boot(pod, this.clock.now());
  }

  terminate(pod: FakePod): void {
    this.#permit(pod, "terminate");
    const now = this.clock.now();
    if (pod.holdsCard) this.#end(pod, now);
    this.bill.close(pod.id, now);
    pod.status = "TERMINATED";
    if (pod.networkVolume === null) this.machines.removeVolume(pod.id);
  }

  createVolume(wish: components["schemas"]["CreateNetworkVolumeRequest"]): ApiVolume {
    const center = this.dataCenters.find(({ id }) => id === wish.dataCenter);
    const type = wish.type ?? center?.networkVolumeTypes[0];
    if (center === undefined || type === undefined || !center.networkVolumeTypes.includes(type)) throw new Refusal(400, `data center ${wish.dataCenter} does not offer such network volumes`);
    if (this.balance() <= 0) throw new Refusal(402, "Your balance is too low to create a network volume.");
    const volume = { id: this.#word(10), name: wish.name, size: wish.size, dataCenter: wish.dataCenter, type };
    this.#volumes.set(volume.id, volume);
    this.bill.open(volume.id, "disk", diskRate(type === "STANDARD" ? "network" : "networkHighPerformance", volume.size), this.clock.now());
    return volume;
  }

  removeVolume(volume: ApiVolume): void {
    if (this.pods().some(({ networkVolume }) => networkVolume === volume.id)) throw new Refusal(400, "network volume is in use by a pod");
    this.bill.close(volume.id, this.clock.now());
    this.#volumes.delete(volume.id);
    this.machines.removeVolume(volume.id);
  }

  /** Lets happen what was due until now, in its order. Every look at the account begins with it. */
  settle(): void {
    const now = this.clock.now();
    for (;;) {
      const due = [...this.#pods.values()].filter(({ next }) => next !== null && next.at <= now).sort((a, b) => a.next!.at - b.next!.at)[0];
      const broke = this.#brokeAt(now);
      if (broke !== null && (due === undefined || broke <= due.next!.at)) {
        for (const pod of this.#pods.values()) if (pod.holdsCard) this.#end(pod, broke);
      } else if (due !== undefined) this.#advance(due);
      else return;
    }
  }

  /** When the money ran out while something held a card; null when it did not. */
  #brokeAt(now: number): number | null {
    if (![...this.#pods.values()].some(({ holdsCard }) => holdsCard)) return null;
    const over = this.bill.exact(now) - this.#balance;
    return over < 0 ? null : now - Math.floor((over / this.bill.rate()) * 3_600_000);
  }

  #permit(pod: FakePod, action: "start" | "stop" | "restart" | "terminate"): void {
    this.settle();
    if (!pod.actions.includes(action)) throw new Refusal(409, `action ${action} is not valid for a pod in status ${pod.status}`);
  }

  /** Takes the card that was set aside for it, and is charged from here on. */
  #begin(pod: FakePod): void {
    const now = this.clock.now();
    this.bill.close(pod.id, now);
    this.bill.open(pod.id, "gpu", pod.price * pod.count * 1_000_000, now);
    this.bill.open(pod.id, "disk", diskRate("container", pod.order.disk ?? 20) + diskRate("running", pod.ownDisk), now);
    pod.status = "PROVISIONING";
    pod.startedAt = null;
    pod.mishaps = this.faults.takeForStart();
    pod.next = { at: now + this.delays.provisioning, to: "STARTING" };
    this.settle();
  }

  #advance(pod: FakePod): void {
    const { at, to } = pod.next!;
    pod.next = null;
    pod.status = to;
    if (to === "STARTING") this.#boot(pod, at);
    if (to === "RUNNING") {
      pod.portMappedAt = at + this.delays.port + (pod.mishaps["port-late"]?.ms ?? 0);
    }
  }

  #boot(pod: FakePod, at: number): void {
    pod.status = "STARTING";
    pod.next = null;
    pod.machine = null;
    pod.portMappedAt = Infinity;
    pod.starts++;
    // Before the container's first word, as in the description's own examples.
    pod.startedAt = at;
    pod.log.say(at, "system", "create container");
    if (pod.mishaps["boot-hangs"]) return;
    const ready = at + this.delays.starting;
    if (pod.mishaps["boot-fails"]) {
      pod.next = { at: ready, to: "ERROR" };
      return;
    }
    const start = pod.starts;
    const current = () => pod.starts === start && pod.status === "STARTING";
    const env = { ...pod.order.env, RUNPOD_POD_ID: pod.id, RUNPOD_API_KEY: pod.ownKey };
    const volume = pod.networkVolume ?? (pod.ownDisk > 0 ? pod.id : null);
    let booting = true;
    this.machines.boot(
      { podId: pod.id, env, volume, start, newAddress: pod.mishaps["address-changed"] !== undefined },
      (machine) => {
        if (!current()) return;
        pod.machine = machine;
        // A machine on paper is up in no time, whenever somebody looks; a real one is up now.
        const up = booting ? at : this.clock.now();
        this.#greet(pod, up, machine.fingerprints);
        pod.next = { at: Math.max(ready, up), to: "RUNNING" };
      },
      (reason) => {
        if (!current()) return;
        pod.log.say(this.clock.now(), "system", reason);
        pod.next = { at: this.clock.now(), to: "ERROR" };
      },
    );
    booting = false;
  }

  /** What the image's own start script prints. */
  #greet(pod: FakePod, at: number, fingerprints: readonly string[]): void {
    if (pod.mishaps["log-silent"]) return;
    const swapped = pod.mishaps["host-key-swapped"] !== undefined;
    pod.log.say(at, "container", "SSH host keys:");
    for (const fingerprint of fingerprints) pod.log.say(at, "container", `256 ${swapped ? `SHA256:${"swapped".padEnd(43, "0")}` : fingerprint} root@${pod.id} (ED25519)`);
    pod.log.say(at, "container", "Start script(s) finished, Pod is ready to use.");
  }

  /** Gives the card back; the disk is charged at the price of a stopped one. */
  #end(pod: FakePod, at: number): void {
    pod.status = "EXITED";
    pod.next = null;
    pod.machine = null;
    pod.portMappedAt = Infinity;
    pod.rack.free += pod.count;
    this.bill.close(pod.id, at);
    this.bill.open(pod.id, "disk", diskRate("stopped", pod.ownDisk), at);
    this.machines.halt(pod.id);
    pod.log.say(at, "system", "stop container");
  }

  /** Letters and digits, by mulberry32. */
  #word(length: number): string {
    let word = "";
    while (word.length < length) {
      this.#random = (this.#random + 0x6d2b79f5) >>> 0;
      let mixed = this.#random;
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      word += (((mixed ^ (mixed >>> 14)) >>> 0) % 36).toString(36);
    }
    return word;
  }
}
