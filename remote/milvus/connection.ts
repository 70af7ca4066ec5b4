import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { MilvusClient } from "@zilliz/milvus2-sdk-node";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusTarget } from "../../src/contract/milvus.ts";

const LOADING_PAUSE_MS = 25;

/** The way to a Milvus server, made at the first call. Every call rejects with `search-failed` when Milvus does not do what it was asked. */
export class MilvusConnection {
  readonly #target: MilvusTarget;
  readonly #timeoutMs: number;
  #client: Promise<MilvusClient> | null = null;

  /** `timeoutMs`: milliseconds that one call may take. */
  constructor(target: MilvusTarget, timeoutMs: number) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether Milvus answers within `ms` and says that it is well. Never rejects. */
  async healthy(ms: number): Promise<boolean> {
    const over = new AbortController();
    const answer = this.#connected().then(async (client) => (await client.checkHealth()).isHealthy);
    const late = sleep(ms, false, { signal: over.signal });
    try {
      return await Promise.race([answer, late]);
    } catch {
      return false;
    } finally {
      answer.catch(() => {});
      late.catch(() => {});
      over.abort();
    }
  }

  /** Requires an explicit success: the SDK turns "unimplemented" into an empty answer without an error. */
  async call<T>(name: string, work: (client: MilvusClient) => Promise<T>): Promise<T> {
    let answer: T;
    try {
      answer = await work(await this.#connected());
    } catch (error) {
      throw searchFailed(`The course store did not answer (${name}).`, error);
    }
    const { status = answer } = answer as { status?: unknown };
    const { error_code, reason } = status as { error_code?: string; reason?: string };
    if (error_code !== "Success") throw searchFailed(`The course store refused ${name}: ${reason || error_code || "no answer"}.`);
    return answer;
  }

  /** Resolves when the collection answers searches; at once where it does already. The SDK's own way pauses for 400 ms in any case. */
  async load(collection_name: string): Promise<void> {
    await this.call("loadCollection", (client) => client.loadCollectionAsync({ collection_name }));
    for (;;) {
      const { progress } = await this.call("getLoadingProgress", (client) => client.getLoadingProgress({ collection_name }));
      if (Number(progress) >= 100) return;
      await sleep(LOADING_PAUSE_MS);
    }
  }

  async close(): Promise<void> {
    await (await this.#client?.catch(() => null))?.closeConnection();
  }

  /** A client that never reached its server stays useless even when the server comes: it is made anew. */
  #connected(): Promise<MilvusClient> {
    this.#client ??= (async () => {
      const { address, token, tls = false } = this.#target;
      const client = new MilvusClient({ address, ...(tls ? { tls: { rootCert: authorities() } } : {}), ...(token ? { token } : {}), timeout: this.#timeoutMs, maxRetries: 2, logLevel: "error", telemetry: { enabled: false }, channelOptions: CHANNEL });
      try {
        await client.connectPromise;
        return client;
      } catch (error) {
        this.#client = null;
        await client.closeConnection().catch(() => {});
        throw error;
      }
    })();
    return this.#client;
  }
}

/** Those that this process trusts: left to itself the gRPC library takes Node's own list, whatever was set since. */
const authorities = (): Buffer => Buffer.from(getCACertificates("default").join("\n"));

const CHANNEL = {
  // Lite's gRPC server drops a client that pings as often as the SDK does by default.
  "grpc.keepalive_time_ms": 300_000,
  "grpc.keepalive_permit_without_calls": 0,
  // A server that is starting is near, and soon there.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
};

export const searchFailed = (message: string, cause?: unknown) => new MentorError("search-failed", message, { cause });
