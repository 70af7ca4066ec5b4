import { ERRORS } from "../../src/contract/errors.ts";
import type { ServiceOutput } from "../../src/contract/agent.ts";
import type { LogLevel } from "../../src/contract/logs.ts";

const LEVELS: readonly unknown[] = ["debug", "info", "warn", "error"] satisfies LogLevel[];

/** One line of a service's output; whatever is not in the agreed form is a log line. */
export function parseOutput(line: string): ServiceOutput {
  const value = line.startsWith("{") ? parse(line) : null;
  if (isObject(value)) {
    if (value.activity === true) return { activity: true };
    if (typeof value.log === "string") return { log: value.log, level: LEVELS.includes(value.level) ? (value.level as LogLevel) : undefined };
    if (isObject(value.progress) && typeof value.progress.done === "number") return value as ServiceOutput;
    if (isObject(value.error) && typeof value.error.message === "string" && Object.hasOwn(ERRORS, String(value.error.code))) return value as ServiceOutput;
  }
  return { log: line };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
