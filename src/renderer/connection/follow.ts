import { useConnection } from "./state.ts";
import type { Link, MentorClient } from "./link.ts";

const AGAIN_AFTER = 1000;

/**
 * Reads one of the core's streams for as long as the link is open. A stream that ends early is
 * opened again; `open` is asked anew each time, so that it can say what was received last.
 */
export async function follow<Event>(
  link: Link,
  open: (client: MentorClient) => Promise<AsyncIterable<Event>>,
  receive: (event: Event) => void,
): Promise<void> {
  const current = () => useConnection.getState().client === link.client;
  while (current()) {
    try {
      for await (const event of await open(link.client)) receive(event);
    } catch {
      // A closed link ends this loop; any other failure is tried again below.
    }
    if (current()) await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
  }
}
