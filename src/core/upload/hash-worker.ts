import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";

/** A chunk in shared memory, `next` where it belongs to the whole; or the question what the whole is. */
export type HashRequest = { buffer: SharedArrayBuffer; offset: number; length: number; next: boolean } | "whole";
/** SHA-256 in lower-case hexadecimal, one for each request, in order. */
export type HashAnswer = string;

const whole = (workerData as { whole: boolean }).whole ? createHash("sha256") : undefined;

parentPort!.on("message", (request: HashRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
  parentPort!.postMessage(request === "whole" ? whole!.copy().digest("hex") : hashChunk(request) satisfies HashAnswer);
});

function hashChunk({ buffer, offset, length, next }: Exclude<HashRequest, "whole">): string {
  const bytes = new Uint8Array(buffer, offset, length);
  if (next) whole?.update(bytes);
  return createHash("sha256").update(bytes).digest("hex");
}
