import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { uploadFile } from "../../../src/core/upload/upload.ts";
import { nameStall } from "../../../src/core/upload/upload-meter.ts";

test("a stall is named after whoever keeps everybody waiting", () => {
  const lane = (at: number, busy: "receiving" | "writing") => ({ heard: () => ({ at, busy }) }) as never;
  expect(nameStall({ lanes: [lane(9_000, "writing")], reading: true }, 10_000)).toBe("slow-stick");
  expect(nameStall({ lanes: [lane(9_000, "writing")], reading: false }, 10_000)).toBe("slow-disk");
  expect(nameStall({ lanes: [lane(9_000, "receiving")], reading: false }, 10_000)).toBe("slow-line");
  expect(nameStall({ lanes: [lane(1_000, "receiving")], reading: false }, 10_000)).toBe("no-acknowledgement");
});

test("a file that does not fit is refused before anything is written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-full-"));
  const source = { name: "huge", bytes: 2 ** 50, read: () => Promise.reject(new Error("never")), requireUnchanged: async () => {}, close: async () => {} };
  const sending = uploadFile({ host: new LocalHost(), source, destination: join(folder, "huge"), clock: systemClock, signal: AbortSignal.timeout(10_000) });
  await expect(sending).rejects.toMatchObject({ code: "disk-full" });
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
