import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { uploadFile } from "../../../src/core/upload/upload.ts";
import type { UploadProgress } from "../../../src/contract/upload.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { nameStall, UploadMeter } from "../../../src/core/upload/upload-meter.ts";

test("a stall is named after whoever keeps everybody waiting", () => {
  const lane = (at: number, busy: "receiving" | "writing") => ({ heard: () => ({ at, busy }) }) as never;
  expect(nameStall({ lanes: [lane(9_000, "writing")], reading: true }, 10_000)).toBe("slow-stick");
  expect(nameStall({ lanes: [lane(9_000, "writing")], reading: false }, 10_000)).toBe("slow-disk");
  expect(nameStall({ lanes: [lane(9_000, "receiving")], reading: false }, 10_000)).toBe("slow-line");
  expect(nameStall({ lanes: [lane(1_000, "receiving")], reading: false }, 10_000)).toBe("no-acknowledgement");
});

test("while nothing arrives no rate and no end are shown that were true before", async () => {
  const clock = new FakeClock();
  let seen: UploadProgress | undefined;
  const meter = new UploadMeter(clock, 100e6, () => ({ lanes: [], reading: false, detail: "Sending" }), (progress) => (seen = progress));
  const second = async (bytes: number) => {
    await clock.advance(1_000);
    if (bytes > 0) meter.proved(bytes);
    meter.report(true);
  };
  for (let seconds = 0; seconds < 15; seconds++) await second(2e6);
  expect(seen).toMatchObject({ done: 30e6, rate: 2e6, stall: null });
  expect(seen!.etaSeconds).toBeGreaterThan(30);
  for (let seconds = 0; seconds < 4; seconds++) await second(0);
  expect(seen).toMatchObject({ done: 30e6, rate: 0, etaSeconds: null, stall: "no-acknowledgement", detail: "Waiting for the host to answer" });
  expect(seen!.etaRange).toBeUndefined();
  await second(2e6);
  expect(seen).toMatchObject({ done: 32e6, stall: null, detail: "Sending" });
  expect(seen!.rate).toBeGreaterThan(0);
});

test("a file that does not fit is refused before anything is written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-full-"));
  const source = { name: "huge", bytes: 2 ** 50, read: () => Promise.reject(new Error("never")), requireUnchanged: async () => {}, close: async () => {} };
  const sending = uploadFile({ host: new LocalHost(), source, destination: join(folder, "huge"), clock: systemClock, signal: AbortSignal.timeout(10_000) });
  await expect(sending).rejects.toMatchObject({ code: "disk-full" });
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
