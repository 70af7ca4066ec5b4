import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { MiddlewareHandler } from "hono";
import { isLoopbackHost, isLoopbackOrigin } from "../../src/contract/loopback.ts";

/**
 * The door of every HTTP service of ours. Any web page that the person visits can reach a service
 * or a tunnel on the loopback, so Host and Origin are looked at before anything else, and the
 * session's key after that. The body has OpenAI's shape, which its clients show as it is.
 */
export interface Refusal {
  status: 403 | 401;
  error: { message: string; type: "invalid_request_error"; param: null; code: "foreign_origin" | "invalid_api_key" };
}

export interface GuardOptions {
  /** The session's bearer key. */
  key: string;
}

/** Hono middleware: answers 403 or 401 itself, or lets the request through. */
export function guard({ key }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const refusal = refusalOf({ host: context.req.header("host"), origin: context.req.header("origin"), authorization: context.req.header("authorization") }, key);
    if (refusal === null) return next();
    if (refusal.status === 401) context.header("www-authenticate", "Bearer");
    return context.json({ error: refusal.error }, refusal.status);
  };
}

/** The same for a WebSocket upgrade: what to refuse it with, or null when it may come in. */
export function guardUpgrade(request: IncomingMessage, { key }: GuardOptions): Refusal | null {
  const { host, origin, authorization } = request.headers;
  return refusalOf({ host, origin, authorization }, key);
}

function refusalOf(headers: { host?: string; origin?: string; authorization?: string }, key: string): Refusal | null {
  if (!isLoopbackHost(headers.host) || !isLoopbackOrigin(headers.origin)) {
    return { status: 403, error: { message: "This address answers only to programs on this computer.", type: "invalid_request_error", param: null, code: "foreign_origin" } };
  }
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (given === undefined || !sameSecret(given, key)) {
    return { status: 401, error: { message: "The session's key is missing or wrong (Authorization: Bearer KEY).", type: "invalid_request_error", param: null, code: "invalid_api_key" } };
  }
  return null;
}

/** Compared as digests: equal time for any length. */
function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

const digest = (text: string) => createHash("sha256").update(text).digest();
