import { randomBytes } from "node:crypto";

/** Milliseconds in which a ticket must be used. */
const VALID_FOR = 60_000;

/**
 * Lets a browser in without the token in its command line, which every user of this computer can
 * read: whoever knows the token asks for a ticket, and the ticket opens the window once.
 */
export class Tickets {
  readonly #issued = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  issue(): string {
    for (const [ticket, until] of this.#issued) if (until < this.#now()) this.#issued.delete(ticket);
    const ticket = randomBytes(24).toString("base64url");
    this.#issued.set(ticket, this.#now() + VALID_FOR);
    return ticket;
  }

  /** Whether the ticket is good; it no longer is afterwards. */
  redeem(ticket: string): boolean {
    const until = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    return until !== undefined && until >= this.#now();
  }
}
