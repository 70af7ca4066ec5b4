import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";

/**
 * Who asks, for the turns in the queue: the name that the request gives (OpenAI's `user`, or
 * `safety_identifier`, which follows it), else the address that it comes from. Not the connection:
 * a program that opens a hundred of them would be a hundred clients. Everybody has the same key, so
 * this shares out what there is among people who mean well, and keeps nobody out.
 */
export function clientOf(context: Context, { user, safety_identifier }: { user?: string | null; safety_identifier?: string | null }): string {
  const name = user ?? safety_identifier;
  return name == null ? `address ${getConnInfo(context).remote.address ?? "unknown"}` : `user ${name}`;
}
