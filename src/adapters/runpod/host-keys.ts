import type { Clock } from "../../core/ports.ts";

/** Before each start's fingerprints, the image's start script says this. */
const HEADING = /ssh host keys/i;
const FINGERPRINT = /\b(SHA256:[A-Za-z0-9+/]{43})(?![A-Za-z0-9+/])/;

/** Milliseconds without a line after which all that was said before has been sent. */
const QUIET = 1_000;
/** Milliseconds after which a log that never falls silent has been read far enough. */
const LONGEST = 10_000;

export interface LogLine {
  line: string;
  /** ISO 8601; empty where it says none. */
  ts: string;
}

/** Fingerprints in lines of a container's log, oldest first; only those of its last start. */
export function fingerprintsIn(lines: Iterable<LogLine>): string[] {
  let found: string[] = [];
  for (const { line } of lines) {
    if (HEADING.test(line)) found = [];
    const fingerprint = FINGERPRINT.exec(line)?.[1];
    if (fingerprint !== undefined && !found.includes(fingerprint)) found.push(fingerprint);
  }
  return found;
}

/** Reads a log's event stream until the lines are enough or it falls silent, and gives up the connection. */
export async function readLog(body: ReadableStream<Uint8Array>, clock: Clock, isEnough: (lines: readonly LogLine[]) => boolean = () => false): Promise<LogLine[]> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  const until = clock.now() + LONGEST;
  const lines: LogLine[] = [];
  let rest = "";
  try {
    while (clock.now() < until) {
      const said = await within(reader.read(), QUIET, clock);
      if (said === null || said.done) break;
      const parts = (rest + said.value).split(/\r?\n/);
      rest = parts.pop() ?? "";
      for (const part of parts) if (part.startsWith("data:")) lines.push(lineOf(part.slice(5)));
      if (isEnough(lines)) break;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return lines;
}

function lineOf(data: string): LogLine {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  try {
    const { line, ts } = JSON.parse(data) as { line?: unknown; ts?: unknown };
    return { line: text(line), ts: text(ts) };
  } catch {
    return { line: "", ts: "" };
  }
}

/** null when it takes longer. */
async function within<Value>(promise: Promise<Value>, ms: number, clock: Clock): Promise<Value | null> {
  const rest = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(ms, rest.signal).then(() => null)]);
  } finally {
    rest.abort();
  }
}
