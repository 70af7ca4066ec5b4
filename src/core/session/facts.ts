import { MentorError } from "../../contract/errors.ts";
import type { ServiceName } from "../../contract/agent.ts";
import type { ChatDialect } from "../../contract/endpoint.ts";
import type { MilvusCapabilities } from "../../contract/milvus.ts";
import type { Endpoint, SessionSnapshot } from "../../contract/session.ts";
import type { HostLayout } from "../host/layout.ts";
import type { ChosenMilvus } from "../host/milvus.ts";
import type { HostReport } from "../host/report.ts";
import type { Host, Provider, Tunnel } from "../ports.ts";
import type { RentRecord } from "../rent/record.ts";

/**
 * What the steps of one session tell each other. JSON only and never a secret: every finished step
 * writes it to the journal, so that a crash of the app loses nothing. Open: a step that needs a
 * fact of its own adds it with `declare module ".../facts.ts" { interface JournalledFacts { … } }`.
 */
export interface JournalledFacts {
  /** Absolute path and what the window shows of the chosen model. */
  model: NonNullable<SessionSnapshot["model"]> & { path: string; sha256?: string };
  /** What answers and makes embeddings instead of our LLM server, as its check found it. */
  chatEndpoint: { url: string; model: string; dialect: ChatDialect };
  embeddingEndpoint: { url: string; model: string; dimension: number };
  /** The machine that is rented for this session. */
  rent: RentRecord;
  /** For people: "this computer", "root@203.0.113.7:22022". */
  hostLabel: string;
  report: HostReport;
  layout: HostLayout;
  kit: { hash: string; path: string };
  /** The agent on the host; its key is a handle. */
  agent: { pid: number; port: number };
  /** Ports on the host's own loopback. */
  ports: Partial<Record<ServiceName, number>>;
  /** Where this computer reaches the services; shown in the snapshot. */
  endpoints: Endpoint[];
  /** What keeps the course, why it was chosen, and what it can do once it was asked. */
  milvus: ChosenMilvus & { capabilities?: MilvusCapabilities };
  collection: string;
  course: NonNullable<SessionSnapshot["course"]>;
  firstTokenSeconds: number;
  /** Sum of what was sent to the host, for the receipt. */
  bytesSent: number;
  /** One plain line for each thing that stays where it is after Stop, for the receipt. */
  kept: string[];
}

/** What lives only in this process: rebuilt by `run` or `adopt`, closed by `release`. Open as well. */
export interface LiveHandles {
  host: Host;
  /** Of the rented machine, with the account's key; it stays on this computer. */
  provider: Provider;
  /** Bearer key of this session; its home is the Secrets port. */
  key: string;
  tunnels: Partial<Record<ServiceName, Tunnel>>;
}

type Closer = () => Promise<void> | void;

/** Typed bag of one session: facts that are journalled, and handles that are not. */
export class SessionFacts {
  readonly #facts: Partial<JournalledFacts>;
  readonly #handles = new Map<keyof LiveHandles, { value: unknown; close?: Closer }>();

  constructor(facts: Partial<JournalledFacts> = {}) {
    this.#facts = structuredClone(facts);
  }

  get<Name extends keyof JournalledFacts>(name: Name): JournalledFacts[Name] | undefined {
    return this.#facts[name];
  }

  /** Throws `internal` when no step has set it: the plan's needs are wrong then. */
  require<Name extends keyof JournalledFacts>(name: Name): JournalledFacts[Name] {
    const value = this.#facts[name];
    if (value === undefined) throw new MentorError("internal", `The session does not know its "${name}" yet.`);
    return value as JournalledFacts[Name];
  }

  set<Name extends keyof JournalledFacts>(name: Name, value: JournalledFacts[Name]): void {
    this.#facts[name] = value;
  }

  unset(name: keyof JournalledFacts): void {
    delete this.#facts[name];
  }

  /** Adds to the receipt. */
  sent(bytes: number): void {
    this.set("bytesSent", (this.#facts.bytesSent ?? 0) + bytes);
  }

  /** Adds a line to the receipt, once. */
  keep(line: string): void {
    const kept = this.#facts.kept ?? [];
    if (!kept.includes(line)) this.set("kept", [...kept, line]);
  }

  /** A deep copy, for the journal. */
  toJournal(): Partial<JournalledFacts> {
    return structuredClone(this.#facts);
  }

  handle<Name extends keyof LiveHandles>(name: Name): LiveHandles[Name] | undefined {
    return this.#handles.get(name)?.value as LiveHandles[Name] | undefined;
  }

  /** Throws `host-lost` when the handle is gone: a connection, a tunnel or a key that this process does not hold. */
  requireHandle<Name extends keyof LiveHandles>(name: Name): LiveHandles[Name] {
    const held = this.#handles.get(name);
    if (held === undefined) throw new MentorError("host-lost", `This app is not connected to ${this.#facts.hostLabel ?? "the host"}.`);
    return held.value as LiveHandles[Name];
  }

  /** Takes a handle in; `close` runs in `release`. A handle of the same name is replaced and closed. */
  async hold<Name extends keyof LiveHandles>(name: Name, value: LiveHandles[Name], close?: Closer): Promise<void> {
    await this.drop(name);
    this.#handles.set(name, { value, close });
  }

  /** Closes one handle; does nothing when it is not held. Rejects with what its closer threw. */
  async drop(name: keyof LiveHandles): Promise<void> {
    const held = this.#handles.get(name);
    this.#handles.delete(name);
    await held?.close?.();
  }

  /** Closes every handle, newest first, whatever the others do; resolves with the failures. */
  async release(): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const name of [...this.#handles.keys()].toReversed()) {
      try {
        await this.drop(name);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }
}
