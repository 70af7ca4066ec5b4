import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { WebSocket } from "ws";
import { MentorError } from "../../contract/errors.ts";
import type { Contract } from "../../contract/rpc.ts";
import { dataFolder } from "../../adapters/local-files/folders.ts";
import { readCoreAddress, type CoreAddress } from "./address.ts";

export type CoreClient = ContractRouterClient<Contract>;

export interface CoreConnection {
  client: CoreClient;
  /** Where the window is served, without the token. */
  address: CoreAddress;
  /** Resolves when the core has gone away. */
  closed: Promise<void>;
  close(): void;
}

/**
 * V8's young generation, in MiB a half (default 16). What passes through the core in bulk lies outside
 * of V8's heap, and is given back when the young generation is full; with 4 that was so seldom that V8
 * collected the old one six times a second instead. Measured on an upload without a limit: 3.0 s of
 * processor time a GB instead of 3.7, 20 MB less memory.
 */
export const CORE_FLAGS = ["--max-semi-space-size=1"];

/** Milliseconds that a background core may take until it answers. */
const START_WITHIN = 30_000;

/**
 * Connects to this user's core. With `startIfMissing`, starts one in the background first; it then
 * outlives the caller. Throws `core-unreachable`.
 */
export async function connectCore({ startIfMissing }: { startIfMissing: boolean }): Promise<CoreConnection> {
  const folder = dataFolder();
  const existing = await tryConnect(folder);
  if (existing !== null) return existing;
  if (!startIfMissing) throw new MentorError("core-unreachable", "The app is not running.", { advice: "Start a session first." });

  let child = startBackground(folder);
  for (const until = Date.now() + START_WITHIN; Date.now() < until; ) {
    const connection = await tryConnect(folder);
    if (connection !== null) return connection;
    // It leaves at once when another core holds the lock: that one may just be closing.
    if (child.exitCode === 0) child = startBackground(folder);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new MentorError("core-unreachable", `The background process did not answer within ${START_WITHIN / 1000} seconds.`, {
    advice: `Look into ${join(folder, "background.log")}, then try again.`,
  });
}

async function tryConnect(folder: string): Promise<CoreConnection | null> {
  const address = await readCoreAddress(folder);
  if (address === null) return null;
  const socket = new WebSocket(`ws://127.0.0.1:${address.port}/rpc`, ["ai-mentor", `token.${address.token}`], { handshakeTimeout: 5_000 });
  const opened = await new Promise<boolean>((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  if (!opened) return null;
  socket.on("error", () => socket.terminate());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const client: CoreClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  return { client, address, closed, close: () => socket.close() };
}

function startBackground(folder: string): ChildProcess {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(join(folder, "background.log"), "a", 0o600);
  const child = spawn(process.execPath, [...CORE_FLAGS, join(import.meta.dirname, "background.ts")], { detached: true, stdio: ["ignore", log, log], windowsHide: true });
  child.unref();
  closeSync(log);
  return child;
}
