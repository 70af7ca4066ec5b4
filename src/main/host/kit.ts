import type { Kit } from "../../contract/kit.ts";
import { kitLock, withLock } from "../../adapters/packages/lock.ts";
import { milvusServer } from "../../adapters/packages/milvus-server.ts";
import { fetchRequirements } from "../../adapters/packages/requirements.ts";
import { buildKit, type BuildKitOptions } from "../../../remote/kit/build.ts";

type KitChoice = Omit<BuildKitOptions, "python" | "milvus"> & { python: { tag: string; path?: string } | null; /** Whether the real Milvus server comes along. */ milvusServer?: boolean };

/**
 * The kit for one kind of host, from the cache or made and kept there. Two cores may share one
 * cache (two users' tests, a packaged app beside a clone): one of them at a time makes a kit.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, host-unsuitable, python-missing
 */
export function makeKit({ python, milvusServer: withServer = false, ...options }: KitChoice): Promise<Kit> {
  const withFetch = python === null ? null : { ...python, fetchWheels: fetchRequirements };
  return withLock(kitLock(options.cacheDir), options.signal, (held) => buildKit({ ...options, python: withFetch, milvus: withServer ? milvusServer(options.cacheDir) : null, signal: held }));
}
