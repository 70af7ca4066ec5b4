import type { Link } from "./link.ts";

export interface ConnectionListener {
  opened(link: Link): void;
  /** `failures` in a row since the last open link; 0 right after one was lost. */
  lost(failures: number): void;
}

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;

/** Opens a link, and another one whenever it is gone, for as long as the page lives. */
export async function keepConnected(open: () => Promise<Link>, listener: ConnectionListener): Promise<never> {
  let failures = 0;
  for (;;) {
    try {
      const link = await open();
      failures = 0;
      listener.opened(link);
      await link.closed;
    } catch {
      failures += 1;
    }
    listener.lost(failures);
    await new Promise((resolve) => setTimeout(resolve, Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT)));
  }
}
