import type { ExecOptions, ExecResult, HostProcess } from "../ports.ts";

const MAX_OUTPUT_BYTES = 2 ** 20;

/** Runs a started program to its end: feeds it, reads it, keeps a bounded part of what it says. */
export async function runToEnd(process: HostProcess, options: ExecOptions = {}): Promise<ExecResult> {
  const { stdout, stderr, ...end } = await runForBytes(process, options);
  return { ...end, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
}

/** The same, with the output as it came. */
export async function runForBytes(process: HostProcess, { input, maxOutputBytes = MAX_OUTPUT_BYTES }: ExecOptions = {}) {
  const stdout = keep(process.stdout, maxOutputBytes);
  const stderr = keep(process.stderr, maxOutputBytes);
  if (input === undefined || input.length === 0) process.stdin.end();
  else process.stdin.end(input);
  const end = await process.exited;
  return { ...end, stdout: stdout(), stderr: stderr() };
}

/** Reads a stream to its end, so that the program never waits, and keeps its first `limit` bytes. */
function keep(stream: NodeJS.ReadableStream, limit: number): () => Buffer {
  const parts: Buffer[] = [];
  let kept = 0;
  stream.on("data", (data: Buffer) => {
    if (kept >= limit) return;
    const part = data.subarray(0, limit - kept);
    parts.push(part);
    kept += part.length;
  });
  return () => Buffer.concat(parts);
}
