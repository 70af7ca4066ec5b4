import type { Kit } from "../../contract/kit.ts";
import { kitLock, withLock } from "../../adapters/packages/lock.ts";
import { fetchRequirements } from "../../adapters/packages/requirements.ts";
import { buildKit, type BuildKitOptions } from "../../../remote/kit/build.ts";

/**
 * The kit for one kind of host, from the cache or made and kept there. Two cores may share one
 * cache (two users' tests, a packaged app beside a clone): one of them at a time makes a kit.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, host-unsuitable, python-missing
 */
export function makeKit({ python, ...options }: Omit<BuildKitOptions, "python"> & { python: { tag: string; path?: string } | null }): Promise<Kit> {
  const withFetch = python === null ? null : { ...python, fetchWheels: fetchRequirements };
  return withLock(kitLock(options.cacheDir), options.signal, (held) => buildKit({ ...options, python: withFetch, signal: held }));
}
