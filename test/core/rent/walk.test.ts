import assert from "node:assert/strict";
import { expect, test } from "vitest";
import type { FakePod } from "../../../src/adapters/rehearsal/runpod/pod.ts";
import type { Fault } from "../../../src/adapters/rehearsal/runpod/faults.ts";
import type { StartRequest } from "../../../src/contract/session.ts";
import { endOurPod, ourPods, type OursOptions } from "../../../src/core/rent/ours.ts";
import { sessionOfPod } from "../../../src/core/rent/pod-name.ts";
import type { RentRecord } from "../../../src/core/rent/record.ts";
import { seeded } from "../../parts/seeded.ts";
import { seeds } from "../session/seeds.ts";
import { processPodsMissing } from "../../../src/adapters/rehearsal/machines/process.ts";
import { HOUR, MINUTE, RentWorld } from "./rent-world.ts";
import { SshdGround } from "./sshd-ground.ts";

const FAULTS: readonly Fault[] = [
  { kind: "no-capacity" },
  { kind: "no-capacity", times: 3 },
  { kind: "answer-lost" },
  { kind: "answer-lost", on: "createPod" },
  { kind: "answer-lost", on: "podAction" },
  { kind: "answer-lost", on: "deletePod" },
  { kind: "request-lost" },
  { kind: "request-lost", on: "createPod" },
  { kind: "request-lost", on: "listPods", times: 4 },
  { kind: "refusal", status: 429, retryAfterSeconds: 7 },
  { kind: "refusal", status: 402, on: "createPod" },
  { kind: "refusal", status: 500, times: 2 },
  { kind: "refusal", status: 503, on: "getPod", times: 5 },
  { kind: "refusal", status: 500, on: "listPodBilling", times: 9 },
  { kind: "slow", ms: 25_000 },
  { kind: "slow", ms: 25_000, on: "createPod" },
  { kind: "port-late", ms: 90_000 },
  { kind: "boot-fails" },
  { kind: "boot-hangs" },
  { kind: "address-changed" },
  { kind: "gpu-gone" },
  { kind: "status-unknown" },
  { kind: "actions-missing" },
  { kind: "cannot-stop" },
  { kind: "locked" },
];

/** The walker, and what it must find true wherever it has come. */
class Walk {
  readonly world: RentWorld;
  readonly random: () => number;
  /** Where the machines are real. */
  readonly ground: SshdGround | null;
  readonly foreign: readonly FakePod[];
  readonly done: string[] = [];
  /** Machines of sessions that were let go of: nobody but their own guard ends them. */
  readonly letGo = new Set<string>();

  constructor(world: RentWorld, random: () => number, ground: SshdGround | null) {
    this.random = random;
    this.world = world;
    this.ground = ground;
    // Somebody else's, in the same account: never to be touched, whatever happens.
    this.foreign = ["annas-training", "ai-mentor-dev"].map((name) => this.world.account.create({ name, image: "x", gpu: { id: "NVIDIA L40S", count: 1 } } as never));
  }

  static async on(seed: number, ground: SshdGround | null = null): Promise<Walk> {
    const random = seeded(seed);
    const options = { seed, balanceMicroUsd: 500_000_000, podKeyMay: { read: true, stop: random() < 0.85 } };
    const world = ground === null ? new RentWorld(options) : await RentWorld.onSshds(ground, options);
    return new Walk(world, random, ground);
  }

  async whole(acts: number): Promise<void> {
    try {
      for (let act = 0; act < acts; act++) await this.act();
      await this.end();
    } catch (error) {
      throw new Error([(error as Error).message, ...this.done, ...this.world.logged.slice(-25)].join("\n"), { cause: error });
    }
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!;
  }

  async act(): Promise<void> {
    const { world, random } = this;
    const { session } = world;
    const roll = random();
    const phase = world.phase();
    const note = (what: string) => this.done.push(`${phase}: ${what}`);
    const tolerate = (work: Promise<unknown>) => work.catch(() => undefined);
    if (roll < 0.45) {
      const ms = this.pick(phase === "ready" ? [10_000, 2 * MINUTE, 20 * MINUTE, HOUR] : [1_000, 5_000, 20_000, 2 * MINUTE, 6 * MINUTE]);
      note(`${ms / 1000} s pass`);
      await world.pass(ms);
    } else if (roll < 0.55) {
      const fault = this.pick(FAULTS);
      note(`fault ${JSON.stringify(fault)}`);
      world.account.faults.add(fault);
    } else if (roll < 0.65) {
      note("crash");
      await world.crash();
    } else if (phase === "idle" || phase === "stopped") {
      const host = this.wishes();
      note(`start ${JSON.stringify(host)}`);
      await tolerate(session.start(world.request(host)));
    } else if (roll < 0.75) {
      const disk = this.pick(["keep", "delete", undefined] as const);
      note(`stop ${disk}`);
      await tolerate(session.stop({ disk }));
    } else if (roll < 0.79) {
      note("cancel");
      await tolerate(session.cancel());
    } else if (roll < 0.9) {
      note("retry");
      await tolerate(session.retry());
    } else if (roll < 0.93) {
      note("use");
      world.use();
    } else if (roll < 0.96 && phase === "needs-help") {
      note("forget");
      const record = session.facts()?.get("rent");
      await tolerate(session.forget());
      if (world.phase() === "stopped" && session.snapshot().receipt === null && record !== undefined) this.letGo.add(record.name);
    } else {
      note("network");
      world.network.ssh = random() < 0.8;
    }
    await world.calm();
    this.check();
  }

  wishes(): Partial<Extract<StartRequest["host"], { kind: "runpod" }>> {
    // Ours, and now and then somebody else's, which is not to be had.
    const kept = this.world.account.pods().filter((pod) => (this.foreign.includes(pod) ? this.random() < 0.1 : pod.status === "EXITED"));
    return {
      ...(this.random() < 0.3 && kept.length > 0 ? { podId: this.pick(kept).id } : {}),
      ...(this.random() < 0.3 ? { budgetMicroUsd: this.pick([50_000, 300_000, 2_000_000]) } : {}),
      ...(this.random() < 0.3 ? { stopAfterSeconds: this.pick([1_200, 3_600]) } : {}),
      ...(this.random() < 0.3 ? { idleStopSeconds: this.pick([null, 600]) } : {}),
    };
  }

  ours(): FakePod[] {
    return this.world.account.everyPod().filter((pod) => !this.foreign.includes(pod));
  }

  /** After every act. */
  check(): void {
    const { world, foreign } = this;
    for (const { status, order } of foreign) {
      assert.notEqual(status, "TERMINATED", `somebody else's ${order.name} was deleted`);
      assert.notEqual(status, "EXITED", `somebody else's ${order.name} was stopped`);
    }
    const living = this.ours().filter(({ status }) => status !== "TERMINATED");
    const names = living.map(({ order }) => order.name);
    assert.equal(new Set(names).size, names.length, `two machines of one session: ${names.join(", ")}`);
    const { id } = world.session.snapshot();
    const present = world.session.facts()?.get("rent");
    for (const pod of living) {
      const session = sessionOfPod(pod.order.name);
      assert.ok(session !== null && world.journals.has(session), `${pod.order.name} is known to no journal`);
      assert.ok(this.known(session, pod), `${pod.order.name} is in its session's journal neither as ordered nor by its id`);
      if (!pod.holdsCard || this.letGo.has(pod.order.name)) continue;
      assert.ok(present !== undefined && (present.name === pod.order.name || present.podId === pod.id), `${pod.id} of ${session} runs, and the session ${id} (${world.phase()}) does not use it`);
    }
    for (const podId of this.ground?.inhabited() ?? []) assert.ok(world.account.pod(podId)?.holdsCard, `on ${podId}, which costs nothing, something runs`);
    this.checkReceipts();
  }

  known(session: string, pod: FakePod): boolean {
    return this.records(session).some((record) => record.podId === pod.id || record.former.includes(pod.id) || record.asked !== null);
  }

  records(session: string): RentRecord[] {
    return this.world.journals.get(session)!.lines.flatMap((line) => {
      const entry = JSON.parse(line) as { facts?: { rent?: RentRecord } };
      return entry.facts?.rent === undefined ? [] : [entry.facts.rent];
    });
  }

  checkReceipts(): void {
    const { world } = this;
    const { phase, receipt, id } = world.session.snapshot();
    if (phase !== "stopped" || receipt?.rent == null || id === null) return;
    const { rent } = receipt;
    const record = this.records(id).at(-1)!;
    const machines = new Set([...record.former, ...(record.podId === null ? [] : [record.podId])]);
    const charged = world.account.bill.total(Date.parse(rent.confirmedAt), ({ owner }) => machines.has(owner)) - record.billedBefore;
    const slack = rent.source === "bill" ? 400 + Math.ceil(charged / 1e6) : Math.max(rent.microUsdPerHour / 20, 2_000);
    assert.ok(Math.abs(rent.microUsd - charged) <= slack, `the receipt of ${id} says ${rent.microUsd} (${rent.source}), the bill ${charged}`);
    assert.equal(receipt.costUsd, rent.microUsd / 1e6);
    const pod = world.account.everyPod().find((one) => one.id === rent.podId)!;
    if (rent.disk === null) assert.equal(pod.status, "TERMINATED");
  }

  /** Whatever came before: stopping without further trouble ends with nothing running, and a guard ends what was let go of. */
  async end(): Promise<void> {
    const { world } = this;
    world.account.faults.clear();
    for (const pod of this.ours()) pod.mishaps = {};
    world.network = { ssh: true, known: true };
    for (let round = 0; round < 40 && world.phase() !== "stopped" && world.phase() !== "idle"; round++) {
      if (world.phase() !== "stopping") await world.session.stop().catch(() => undefined);
      await world.pass(MINUTE);
      this.check();
    }
    assert.ok(["stopped", "idle"].includes(world.phase()), `it does not stop: ${JSON.stringify(world.session.snapshot().error)}`);
    // The list shows what was let go of, and its two buttons work.
    const options: OursOptions = { provider: world.provider, clock: world.clock, used: null, isKnown: async () => true };
    const listing = ourPods(options);
    await world.pass(10_000);
    for (const pod of (await listing).filter(({ state }) => state !== "stopped")) {
      assert.ok(this.letGo.has(pod.name), `${pod.name} runs after the end`);
      const ending = endOurPod(options, pod.id, "terminate");
      await world.pass(MINUTE);
      await ending;
    }
    await world.pass(HOUR);
    assert.deepEqual(this.ours().filter(({ holdsCard }) => holdsCard).map(({ id }) => id), [], "something runs after the end");
    this.check();
  }
}

test.each(seeds(20, 200))("any order of starts, stops, faults and crashes: nothing runs unknown, nothing foreign is touched, the receipt is the bill (seed %i)", { timeout: 120_000 }, async (seed) => {
  await expect((await Walk.on(seed)).whole(40)).resolves.toBeUndefined();
});

test.for(seeds(2, 10))("the same on real sshds: their keys, ports and processes change as the machines do, and none is left (seed %i)", { timeout: 300_000 }, async (seed, context) => {
  if (processPodsMissing !== null) return context.skip(processPodsMissing);
  await using ground = new SshdGround();
  const walk = await Walk.on(seed, ground);
  await expect(walk.whole(40)).resolves.toBeUndefined();
});
