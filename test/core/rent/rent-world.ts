import { RunpodAccount, type AccountOptions } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { fetchFrom } from "../../../src/adapters/rehearsal/runpod/fetch.ts";
import { Runpod } from "../../../src/adapters/runpod/provider.ts";
import { Watchdog } from "../../../remote/agent/watchdog.ts";
import { PodPower } from "../../../remote/agent/pod-power.ts";
import { MentorError } from "../../../src/contract/errors.ts";
import type { SessionSnapshot, SessionTimings, StartRequest } from "../../../src/contract/session.ts";
import type { Host, HostConnector, Provider, Secrets } from "../../../src/core/ports.ts";
import { keepRent } from "../../../src/core/rent/keeper.ts";
import type { Reach } from "../../../src/core/rent/reach.ts";
import { createSession } from "../../../src/core/session/create.ts";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { PLAN } from "../../../src/core/session/plan.ts";
import type { Session } from "../../../src/core/session/session.ts";
import type { StepContext, StepImplementation } from "../../../src/core/session/step.ts";
import { machineIsOff } from "../../../src/main/host/steps/agent-answers.ts";
import { watchdogFor } from "../../../src/main/host/steps/arm-watchdog.ts";
import { connect } from "../../../src/main/host/steps/connect.ts";
import { rentPod } from "../../../src/main/host/steps/rent-pod.ts";
import type { StepTools } from "../../../src/main/host/steps/tools.ts";
import { BackupPassphrase } from "../../../src/main/host/backups/passphrase.ts";
import { keptSession } from "../../../src/main/host/kept-session.ts";
import { SettingsStore } from "../../../src/main/host/settings-store.ts";
import { FakeClock, settled } from "../../fakes/clock.ts";
import { MemoryJournal } from "../session/practice-run.ts";
import type { SshdGround } from "./sshd-ground.ts";

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
const KEY = "rpa_0123456789secret";
/** Twice as seldom as the real agent looks, so that hours pass quickly. */
const AGENT_LOOKS = 15_000;
const HEADER = { architecture: "llama", name: "Small", quantisation: "Q4", parameters: 7e9, contextTokens: 8192, layers: 32, embeddingLength: 4096, headCount: 32, headCountKv: 8, kvBytesPerToken: 131_072, chatTemplate: "x", purpose: "chat" as const };

/** The agent of one start of one machine: real judgement and the real way to stop, on the world's clock. */
interface PodAgent {
  watchdog: Watchdog;
}

/**
 * One computer with its disk, one account, and the machines in it. The provider, the renting, the
 * connecting, the keeper, the session and the watchdog's judgement and power are real; SSH and what
 * runs over it are not.
 */
export class RentWorld {
  readonly clock = new FakeClock();
  readonly account: RunpodAccount;
  readonly journals = new Map<string, MemoryJournal<JournalEntry>>();
  readonly history = new MemoryJournal<SessionTimings>();
  readonly logged: string[] = [];
  /** Machines' agents by "pod/start". */
  readonly agents = new Map<string, PodAgent>();
  /** Of real machines: those that were entered, in order. */
  readonly entered: string[] = [];
  /** The process ends with this line of its journal; null: it lives on. */
  dieAfter: number | null = null;
  session: Session;
  provider!: Provider;
  /** What a TCP connection to anywhere comes to. */
  network: { ssh: boolean; known: boolean } = { ssh: true, known: true };
  #process = 0;
  #ids = 0;
  #keeping = new AbortController();

  readonly #ground: SshdGround | null;
  #api = "https://api.runpod.io";

  constructor(options: Partial<Omit<AccountOptions, "clock" | "key">> = {}, ground: SshdGround | null = null) {
    this.#ground = ground;
    this.account = new RunpodAccount({ clock: this.clock, ...options, ...(ground === null ? {} : { machines: ground.machines }), key: KEY });
    this.session = this.#boot();
  }

  /** The same on real sshds, which reach the account over HTTP. */
  static async onSshds(ground: SshdGround, options: Partial<Omit<AccountOptions, "clock" | "key">> = {}): Promise<RentWorld> {
    const world = new RentWorld(options, ground);
    world.#api = await ground.serve(world.account);
    world.#keeping.abort();
    world.session = world.#boot();
    return world;
  }

  request(host: Partial<Extract<StartRequest["host"], { kind: "runpod" }>> = {}): StartRequest {
    return { stick: "/media/stick", host: { kind: "runpod", ...host } };
  }

  /** The old process does nothing any more, whatever it had asked for; a new one finds the journal. */
  async crash(): Promise<void> {
    this.#process++;
    this.dieAfter = null;
    this.#keeping.abort();
    await this.#ground?.hangUp();
    this.session = this.#boot();
    await this.session.recover();
    await this.calm();
  }

  async calm(): Promise<void> {
    for (let rounds = 0; rounds < 40; rounds++) await settled();
    if (this.#ground === null) return;
    await this.#ground.settled();
    for (let rounds = 0; rounds < 40; rounds++) await settled();
  }

  /** Lets time pass in small steps, as much as it takes, until the condition holds. */
  async until(holds: () => boolean, withinMs = HOUR): Promise<void> {
    for (const end = this.clock.now() + withinMs; !holds(); ) {
      if (this.clock.now() >= end) throw new Error(`It did not happen within ${withinMs / 1000} s; the session is ${JSON.stringify({ phase: this.session.snapshot().phase, error: this.session.snapshot().error?.message })}\n${this.logged.slice(-15).join("\n")}`);
      await this.pass(1_000);
    }
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      await this.clock.advance(Math.min(left, 5_000));
      await this.calm();
    }
  }

  phase(): SessionSnapshot["phase"] {
    return this.session.snapshot().phase;
  }

  /** Someone asks the mentor something. */
  use(): void {
    for (const { watchdog } of this.agents.values()) watchdog.activity();
  }

  #boot(): Session {
    const process = ++this.#process;
    const alive = () => process === this.#process;
    // A dead process neither asks nor hears: what it had asked may still take effect.
    const ask = fetchFrom(this.account);
    const mortal: typeof fetch = async (input, init) => {
      if (!alive()) return new Promise(() => {});
      const answer = await ask(input, init);
      return alive() ? answer : new Promise(() => {});
    };
    this.provider = new Runpod({ key: async () => KEY, clock: this.clock, fetch: mortal, random: () => 0.5, url: this.#api });
    const provider = this.provider;
    const secrets: Secrets = { get: async () => null, set: async () => {}, delete: async () => {} };
    const tools: StepTools = {
      dataFolder: "/data", cacheFolder: "/cache", clock: this.clock, secrets,
      settings: new SettingsStore("/data"), passphrases: new BackupPassphrase(secrets),
      log: () => {}, redact: () => {},
      connectors: { local: this.#connector(alive), ssh: this.#connector(alive) },
      account: async () => provider,
      appKey: async () => this.#ground?.appKey ?? { path: "/keys/app", publicKey: "ssh-ed25519 AAAA app" },
      reach: this.#reach,
    };
    const own = new Map<string, StepImplementation>([rentPod(tools), connect(tools), this.#arm()].map((step) => [step.id, step]));
    const { journals } = this;
    const session = createSession({
      plan: PLAN,
      steps: PLAN.map(({ id }) => mortalStep(own.get(id) ?? this.#plain(id), alive)),
      journals: {
        of: (id) => {
          const found = journals.get(id) ?? new MemoryJournal<JournalEntry>();
          journals.set(id, found);
          const append = async (entry: JournalEntry): Promise<void> => {
            if (!alive()) return new Promise(() => {});
            await found.append(entry);
            if (found.lines.length !== this.dieAfter) return;
            // The power goes in the very moment in which this line is on the disk.
            this.#process++;
            return new Promise(() => {});
          };
          return { append, read: () => found.read() };
        },
        list: async () => [...journals.keys()].toReversed(),
      },
      history: this.history,
      clock: this.clock,
      log: (source, level, text) => alive() && this.logged.push(`${source} ${level} ${text}`),
      newId: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, "0")}`,
    });
    this.#keeping = new AbortController();
    void keepRent({ session: keptSession(session), clock: this.clock, log: (level, text) => this.logged.push(`keeper ${level} ${text}`) }, this.#keeping.signal);
    return session;
  }

  #reach: Reach = async (host) => {
    const open = host.startsWith("192.0.2.") || host.startsWith("127.") ? this.network.ssh : this.network.known;
    return open ? "open" : "silent";
  };

  #connector(alive: () => boolean): HostConnector {
    const real = this.#ground?.connector(this.clock);
    return {
      connect: async (choice, signal, options) => {
        if (!alive()) return new Promise(() => {});
        if (real !== undefined && this.network.ssh) {
          const host = await real.connect(choice, signal, options);
          this.entered.push(host.label);
          return host;
        }
        if (choice.kind !== "ssh") throw new Error("This world has no other hosts.");
        const { address } = choice;
        const on = () => this.account.pods().find((pod) => { const direct = pod.view(this.clock.now()).ssh.direct; return direct !== null && address === `${direct.username}@${direct.host}:${direct.port}`; });
        const pod = on();
        if (!this.network.ssh || pod === undefined) throw new MentorError("host-silent", `${address} did not answer in time.`);
        const { starts } = pod;
        const listeners: ((error: Error) => void)[] = [];
        const closed = new AbortController();
        void (async () => {
          while (!closed.signal.aborted && alive()) {
            await this.clock.sleep(AGENT_LOOKS, closed.signal).catch(() => undefined);
            if (closed.signal.aborted || (on()?.id === pod.id && pod.starts === starts)) continue;
            for (const listener of listeners) listener(new MentorError("host-lost", `The connection to ${address} was lost.`));
            return;
          }
        })();
        const nothing = () => Promise.reject(new Error("Nothing runs over this connection."));
        const host: Host = {
          kind: "ssh", label: address, roundTripMs: 20, ping: async () => {}, exec: nothing, spawn: nothing, writeFile: nothing, readFile: nothing, stat: nothing, openTunnel: nothing, openLane: nothing,
          onLine: () => {},
          onLost: (listener) => void listeners.push(listener),
          close: async () => closed.abort(),
        };
        return host;
      },
    };
  }

  /** As the real step, with an agent that is an object of this world instead of a program on the machine. */
  #arm(): StepImplementation {
    const podOf = ({ facts }: StepContext) => this.account.pod(facts.require("rent").podId!)!;
    return {
      id: "arm-watchdog",
      run: async (context) => {
        const { facts } = context;
        const pod = podOf(context);
        const agent = this.#agent(pod.id, pod.starts);
        const config = watchdogFor("runpod", facts.get("rent"), facts.handle("provider"), this.clock.now());
        agent.watchdog.arm(config, await this.#power(pod.id).prove());
        await this.#attach(context, agent);
        const guard = agent.watchdog.status()!.podGuard!;
        facts.set("rent", { ...facts.require("rent"), guard: { state: guard.proven ? "armed" : "accepted", provenAt: guard.provenAt, reason: guard.reason } });
        await context.checkpoint();
      },
      adopt: async (context) => {
        const pod = podOf(context);
        const agent = this.agents.get(`${pod.id}/${pod.starts}`);
        if (agent !== undefined) await this.#attach(context, agent);
        return agent !== undefined;
      },
      undo: async (context) => {
        if (await machineIsOff(context)) return;
        const pod = podOf(context);
        this.agents.delete(`${pod.id}/${pod.starts}`);
      },
    };
  }

  async #attach({ facts }: StepContext, agent: PodAgent): Promise<void> {
    const process = this.#process;
    const client = { setWatchdog: async (config: never) => void agent.watchdog.arm(config, agent.watchdog.status()?.podGuard ?? null), status: async () => ({ watchdog: agent.watchdog.status() }) };
    await facts.hold("agent", client as never);
    void (async () => {
      while (process === this.#process && facts.handle("agent") === (client as never)) {
        agent.watchdog.heartbeat();
        await this.clock.sleep(AGENT_LOOKS);
      }
    })();
  }

  #power(id: string): PodPower {
    const pod = this.account.pod(id)!;
    return new PodPower({ pod: { id, api: `${this.#api}/v2` }, clock: this.clock, fetch: fetchFrom(this.account), environment: () => ({ podId: id, key: pod.ownKey }), log: (level, text) => this.logged.push(`agent ${level} ${text}`) });
  }

  #agent(id: string, start: number): PodAgent {
    const name = `${id}/${start}`;
    const agent: PodAgent = { watchdog: new Watchdog(() => this.clock.now()) };
    this.agents.set(name, agent);
    void (async () => {
      const dead = () => this.agents.get(name) !== agent || this.account.pod(id)?.status !== "RUNNING" || this.account.pod(id)?.starts !== start;
      while (!dead()) {
        const reason = agent.watchdog.verdict();
        if (reason !== null) {
          this.logged.push(`agent warn ${id}: ${reason}`);
          const gone = new AbortController();
          const stopping = this.#power(id).stop(gone.signal);
          while (!dead()) await this.clock.sleep(AGENT_LOOKS);
          gone.abort();
          return stopping;
        }
        await this.clock.sleep(AGENT_LOOKS);
      }
    })();
    return agent;
  }

  #plain(id: StepImplementation["id"]): StepImplementation {
    return {
      id,
      run: async ({ facts, signal, progress }) => {
        if (id === "find-model") {
          facts.set("model", { file: "m.gguf", name: "Small", bytes: 5e9, path: "/media/stick/m.gguf" });
          facts.set("header", HEADER);
        } else {
          for (let part = 0; part < (id === "upload-model" ? 48 : 1); part++) {
            await this.clock.sleep(5_000, signal);
            progress({ done: part, total: 48, unit: "steps", rate: null, etaSeconds: null, detail: "working" });
          }
        }
        if (id === "self-check") this.use();
        if (id === "upload-model") facts.keep(`The model Small stays on ${facts.require("hostLabel")}.`);
      },
      adopt: async () => true,
    };
  }
}

/** The steps of a dead process neither act nor end. */
function mortalStep(step: StepImplementation, alive: () => boolean): StepImplementation {
  const never = new Promise<never>(() => {});
  const wrap = <Result>(work: ((context: StepContext) => Promise<Result>) | undefined) =>
    work === undefined ? undefined : async (context: StepContext): Promise<Result> => {
      if (!alive()) return never;
      try {
        const result = await work.call(step, context);
        return alive() ? result : never;
      } catch (error) {
        if (!alive()) return never;
        throw error;
      }
    };
  return { id: step.id, opensHandles: step.opensHandles, run: wrap(step.run)!, adopt: wrap(step.adopt), undo: wrap(step.undo) };
}
