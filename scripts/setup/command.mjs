import { spawn } from "node:child_process";

/** A failure of the set-up that has been put into words; shown without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{ advice?: string, lines?: string[], signal?: NodeJS.Signals | null }} [options] `signal`: what stopped the program that failed
   */
  constructor(message, { advice = "", lines = [], signal = null } = {}) {
    super(message);
    this.name = "SetupError";
    this.advice = advice;
    this.lines = lines;
    this.signal = signal;
  }
}

const KEPT_LINES = 15;

/**
 * Runs a program without a shell and keeps its last lines. Ctrl-C and a termination reach it too.
 * @param {string} title what is being done, for the message when it fails
 * @param {[string, ...string[]]} argv
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<void>} rejects with a SetupError
 */
export function runCommand(title, [command, ...args], { cwd, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let tail = "";
    const keep = (chunk) => (tail = (tail + chunk).slice(-20_000));
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    const forward = (signal) => child.kill(signal);
    process.on("SIGINT", forward).on("SIGTERM", forward);
    const settle = () => process.off("SIGINT", forward).off("SIGTERM", forward);
    child.once("error", (error) => {
      settle();
      reject(new SetupError(`${title}: ${command} could not be started (${error.message}).`, { advice: "Install it, or put it on the PATH, and run this again." }));
    });
    child.once("close", (code, signal) => {
      settle();
      if (code === 0) return resolve();
      const lines = tail.split(/\r?\n/).filter((line) => !/^\s*$|^npm warn|^\s+at \S/.test(line)).slice(-KEPT_LINES);
      const how = signal === null ? `ended with exit code ${code}` : `was stopped by ${signal}`;
      reject(new SetupError(`${title}: ${[command, ...args].slice(0, 6).join(" ")} ${how}.`, { advice: adviceFor(tail), lines, signal }));
    });
  });
}

/** What to do about the failures that befall an installation, told from what the program printed. */
export function adviceFor(output) {
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(output)) return "The package registry could not be reached. Check the connection to the internet (or npm's proxy setting) and run this again; what was fetched is kept.";
  if (/ENOSPC/.test(output)) return "The disk is full. Free about 2 GB and run this again.";
  if (/EACCES|EPERM|EROFS/.test(output)) return "A file could not be written. Check that this folder belongs to you and that no other program has its files open, then run this again.";
  if (/EINTEGRITY/.test(output)) return "A download was damaged. Run `npm cache clean --force`, then run this again.";
  return "Read the lines above, put it right, and run this again.";
}
