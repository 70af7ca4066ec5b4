import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

/** Where Node keeps what it has compiled: half of the time that a command takes to start, and a quarter of its memory. */
export const compileCache = (root) => join(root, "node_modules/.cache/node");

/** The environment under which our programs find Node 24 and the installed tools first. */
export function environment(root, node, env = process.env) {
  const key = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return { NODE_COMPILE_CACHE: compileCache(root), ...env, [key]: [join(node, ".."), join(root, "node_modules/.bin"), env[key] ?? ""].join(delimiter) };
}

const leaveToChild = () => {};

/**
 * Runs a program with this terminal and waits for it; signals are its to answer.
 * @param {string[]} argv
 * @returns {Promise<number>} its exit code, or 128 and the signal's number
 */
export function handOver([command, ...args], options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    // Ctrl-C in a terminal reaches the whole group by itself; only what was sent to us alone is passed on.
    const forward = (signal) => child.kill(signal);
    const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    process.on("SIGINT", terminal ? leaveToChild : forward).on("SIGTERM", forward).on("SIGHUP", forward);
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
