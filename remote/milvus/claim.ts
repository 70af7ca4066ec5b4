import { setTimeout as sleep } from "node:timers/promises";
import type { MilvusTarget } from "../../src/contract/milvus.ts";
import { MilvusConnection } from "./connection.ts";

const CALL_MS = 10_000;
/** Until its parts have found each other a new server refuses everybody. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 100;
/** What every new server opens with. */
const FIRST_PASSWORD = "Milvus";

/**
 * Makes `target.token` (`root:PASSWORD`) the only way into a server of ours: a new one opens with a
 * password that everybody knows. One that was claimed before is left as it is.
 *
 * @returns whether it was new
 * @throws MentorError search-failed when it opens with neither
 */
export async function claimServer(target: MilvusTarget & { token: string }, patienceMs = PATIENCE_MS): Promise<boolean> {
  const [username, newPassword] = userAndPassword(target.token);
  const first = { ...target, token: `${username}:${FIRST_PASSWORD}` };
  for (const until = Date.now() + patienceMs; ; await sleep(PAUSE_MS)) {
    try {
      await opens(target);
      return false;
    } catch (error) {
      try {
        await using(first, (connection) => connection.call("updatePassword", (client) => client.updatePassword({ username, oldPassword: FIRST_PASSWORD, newPassword })));
        await opens(target);
        return true;
      } catch {
        if (Date.now() >= until) throw error;
      }
    }
  }
}

/**
 * Gives a server that was started unlocked the password of `target.token`, whichever it had before.
 *
 * @throws MentorError search-failed when it does not take it
 */
export async function resetPassword(target: MilvusTarget & { token: string }, patienceMs = PATIENCE_MS): Promise<void> {
  const [username, newPassword] = userAndPassword(target.token);
  for (const until = Date.now() + patienceMs; ; await sleep(PAUSE_MS)) {
    try {
      return await using(target, async (connection) => void (await connection.call("updatePassword", (client) => client.updatePassword({ username, oldPassword: newPassword, newPassword }))));
    } catch (error) {
      if (Date.now() >= until) throw error;
    }
  }
}

function userAndPassword(token: string): [string, string] {
  const colon = token.indexOf(":");
  return [token.slice(0, colon), token.slice(colon + 1)];
}

const opens = (target: MilvusTarget) => using(target, (connection) => connection.call("listCollections", (client) => client.listCollections()));

async function using<T>(target: MilvusTarget, work: (connection: MilvusConnection) => Promise<T>): Promise<T> {
  const connection = new MilvusConnection(target, CALL_MS);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
