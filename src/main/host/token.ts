import { randomBytes } from "node:crypto";

/** A bearer secret that nobody guesses: 256 random bits, in characters that fit a header and a subprotocol. */
export const newToken = (): string => randomBytes(32).toString("base64url");
