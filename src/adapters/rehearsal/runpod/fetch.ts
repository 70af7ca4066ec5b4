import type { RunpodAccount } from "./account.ts";
import { exchange, follow } from "./exchange.ts";

/**
 * A `fetch` whose other end is the account itself, without a socket: what is asked is answered at
 * once, or after what a fault says on the account's clock.
 */
export function fetchFrom(account: RunpodAccount): typeof fetch {
  return async (input, init = {}) => {
    const request = new Request(input, init);
    const signal = init.signal ?? undefined;
    signal?.throwIfAborted();
    const url = new URL(request.url);
    const text = await request.text();
    const said = await exchange(
      account,
      {
        method: request.method,
        pathname: url.pathname,
        query: url.searchParams,
        authorization: request.headers.get("authorization"),
        body: text === "" ? undefined : (JSON.parse(text) as unknown),
        lastEventId: request.headers.get("last-event-id"),
      },
      signal,
    );
    signal?.throwIfAborted();
    if (said === "cut") throw new TypeError("fetch failed", { cause: new Error("the other side closed the connection") });
    if (!("log" in said)) return new Response(said.body === undefined ? null : JSON.stringify(said.body), { status: said.status, headers: said.headers });
    let end = () => {};
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        const encoder = new TextEncoder();
        end = follow(said, (line) => controller.enqueue(encoder.encode(line)));
        signal?.addEventListener("abort", () => {
          end();
          controller.error(signal.reason);
        }, { once: true });
      },
      cancel: () => end(),
    });
    return new Response(stream, { status: 200, headers: { "content-type": "text/event-stream" } });
  };
}
