import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** `node mirror-process.ts FILE BYTES_PER_SECOND` gives ranges of the file, all connections together no faster than that; prints its address. */
const [path, rate] = [process.argv[2]!, Number(process.argv[3])];
const file = await open(path, "r");
const { size } = await file.stat();
const PIECE_BYTES = 64 * 1024;
/** What a timer that comes late may make good, in milliseconds. */
const BURST_MS = 5;

/** When what was let through has gone, in milliseconds. */
let goneAt = 0;

/** Resolves when so many bytes may go. */
async function turn(bytes: number): Promise<void> {
  const now = performance.now();
  const begin = Math.max(goneAt, now - BURST_MS);
  goneAt = begin + (bytes * 1000) / rate;
  if (begin > now) await sleep(begin - now);
}

const server = createServer(async (request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (!(end < size)) return void response.writeHead(416).end();
  response.writeHead(206, { "content-range": `bytes ${start}-${end}/${size}`, "content-length": end - start + 1 });
  for (let offset = start; offset <= end && !response.destroyed; offset += PIECE_BYTES) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - offset + 1)), 0, undefined, offset);
    await turn(bytesRead);
    response.write(buffer);
  }
  response.end();
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/model\n`));
