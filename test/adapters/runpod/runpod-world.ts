import { RunpodAccount, type AccountOptions } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { fetchFrom } from "../../../src/adapters/rehearsal/runpod/fetch.ts";
import { serveRunpod } from "../../../src/adapters/rehearsal/runpod/server.ts";
import { Runpod } from "../../../src/adapters/runpod/provider.ts";
import type { PodOrder } from "../../../src/core/ports.ts";
import { FakeClock, settled } from "../../fakes/clock.ts";

export const KEY = "rpa_0123456789secret";

export const ORDER: PodOrder = {
  name: "ai-mentor-5f3a",
  gpu: "NVIDIA RTX A5000",
  cloud: "community",
  minCuda: "12.4",
  dataCenters: [],
  publicKey: "ssh-ed25519 AAAA ai-mentor",
  disk: { kind: "own", gigabytes: 30 },
};

export interface RunpodWorld extends AsyncDisposable {
  clock: FakeClock;
  account: RunpodAccount;
  provider: Runpod;
  /** Methods and paths of the requests that left, oldest first. */
  sent: string[];
  /** Waits for the work, and moves the clock on whenever nothing else can happen. */
  run<Value>(work: Promise<Value>): Promise<Value>;
}

export type Way = "in memory" | "over HTTP";

export async function runpodWorld(way: Way, options: Partial<Omit<AccountOptions, "key">> & { random?: () => number; key?: string | null } = {}): Promise<RunpodWorld> {
  const clock = new FakeClock();
  const account = new RunpodAccount({ clock, ...options, key: KEY });
  const server = way === "over HTTP" ? await serveRunpod(account) : null;
  const ask = server === null ? fetchFrom(account) : fetch;
  const sent: string[] = [];
  let underWay = 0;
  const counted: typeof fetch = async (input, init) => {
    underWay++;
    sent.push(`${init?.method} ${new URL(input instanceof Request ? input.url : input).pathname}`);
    try {
      const answer = await ask(input, init);
      // Until the answer is whole, time stands still for a socket.
      return server === null || answer.body === null ? answer : new Response(await answer.arrayBuffer(), answer);
    } finally {
      underWay--;
    }
  };
  const { key = KEY, random = () => 0.5 } = options;
  const provider = new Runpod({ key: async () => key, clock, random, fetch: counted, url: server?.url ?? "https://api.runpod.io" });
  return {
    clock,
    account,
    provider,
    sent,
    async run(work) {
      const state = { over: false };
      const end = () => (state.over = true);
      work.then(end, end);
      while (!state.over) {
        await settled();
        if (!state.over && (server === null || underWay === 0)) await clock.advance(100);
      }
      return work;
    },
    async [Symbol.asyncDispose]() {
      await server?.close();
    },
  };
}
