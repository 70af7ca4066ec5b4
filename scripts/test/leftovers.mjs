import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";

/**
 * Processes that a test run left behind: those that carry the run's mark in their environment, or
 * name the run's temporary folder in their command line, working folder or environment (a session
 * under sshd starts with a clean environment). Linux only; elsewhere the answer is empty.
 * @param {string[]} marks
 * @returns {{ pid: number, command: string }[]}
 */
export function findLeftovers(marks) {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim(), traces: read(`/proc/${name}/environ`) + link(`/proc/${name}/cwd`) }))
    .filter(({ command, traces }) => command !== "" && marks.some((mark) => command.includes(mark) || traces.includes(mark)));
}

/** A process may end, or belong to somebody else, while it is looked at. */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function link(file) {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
