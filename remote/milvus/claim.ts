import { MilvusConnection } from "./connection.ts";
import type { MilvusTarget } from "./target.ts";

const PATIENCE_MS = 10_000;
/** What every new server opens with. */
const FIRST_PASSWORD = "Milvus";

/**
 * Makes `target.token` (`root:PASSWORD`) the only way into a server of ours: a new one opens with a
 * password that everybody knows. One that was claimed before is left as it is.
 *
 * @returns whether it was new
 * @throws MentorError search-failed when it opens with neither
 */
export async function claimServer(target: MilvusTarget & { token: string }): Promise<boolean> {
  if (await opens(target)) return false;
  const [username, newPassword] = [target.token.slice(0, target.token.indexOf(":")), target.token.slice(target.token.indexOf(":") + 1)];
  const connection = new MilvusConnection({ ...target, token: `${username}:${FIRST_PASSWORD}` }, PATIENCE_MS);
  try {
    await connection.call("updatePassword", (client) => client.updatePassword({ username, oldPassword: FIRST_PASSWORD, newPassword }));
  } finally {
    await connection.close();
  }
  const claimed = new MilvusConnection(target, PATIENCE_MS);
  try {
    await claimed.call("listCollections", (client) => client.listCollections());
  } finally {
    await claimed.close();
  }
  return true;
}

async function opens(target: MilvusTarget): Promise<boolean> {
  const connection = new MilvusConnection(target, PATIENCE_MS);
  try {
    await connection.call("listCollections", (client) => client.listCollections());
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}
