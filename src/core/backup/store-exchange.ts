import { STORE_ASIDE } from "../../contract/agent.ts";
import type { ExecResult, Host } from "../ports.ts";

/**
 * How a copy comes into the place of the store's folder. The store's own stays beside it until the copy
 * is proven; as long as it is there, the agent puts it back before any start that does not try the copy
 * (remote/agent/store-folder.ts). So the line, the app and the host may go away between any two of these commands.
 *
 * `$1` is the store's folder, which nothing has open.
 */
const EXCHANGE = `set -e
aside=$1${STORE_ASIDE}
if [ -e "$aside" ]; then rm -rf "$1"; mv "$aside" "$1"; fi
mv "$1" "$aside"
mv "$1.restoring" "$1" || { mv "$aside" "$1"; exit 1; }`;

/** From here on the copy is the course store, and what was there is only kept. */
const CONFIRM = `rm -rf "$1.before"; mv "$1${STORE_ASIDE}" "$1.before"`;

/** Where a copy is unpacked before it comes to its place. */
export const freshFolder = (dataDir: string): string => `${dataDir}.restoring`;

const shell = (host: Host, script: string, dataDir: string): Promise<ExecResult> => host.exec(["sh", "-c", script, "sh", dataDir]);

export const exchangeStore = (host: Host, dataDir: string): Promise<ExecResult> => shell(host, EXCHANGE, dataDir);

export const confirmStore = (host: Host, dataDir: string): Promise<ExecResult> => shell(host, CONFIRM, dataDir);
