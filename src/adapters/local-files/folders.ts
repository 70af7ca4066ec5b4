import { join, resolve } from "node:path";
import envPaths from "env-paths";

/**
 * Where the app keeps its things on this computer. The two environment variables let tests and
 * several users of one machine keep apart; nothing else decides these places.
 */

/** Absolute path of the user's data folder: settings, journals, logs, the local host's files. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.AI_MENTOR_HOME ? resolve(env.AI_MENTOR_HOME) : envPaths("ai-mentor", { suffix: "" }).data;
}

/** Absolute path of what can be fetched again: packages, models, built kits. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.AI_MENTOR_CACHE ? resolve(env.AI_MENTOR_CACHE) : join(dataFolder(env), "cache");
}
