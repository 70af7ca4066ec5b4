import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import { cuttableLine } from "../../parts/cuttable-line.ts";
import { sshdMissing, startSshd } from "../../parts/sshd.ts";

test.skipIf(sshdMissing !== null)("a line that is cut is told of at once, and again when it is back; what came meanwhile has waited", async () => {
  const sshd = await startSshd();
  const line = await cuttableLine(sshd.port);
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-line-"));
  // Pauses between tries are asked of the clock, and last until the line is whole again.
  const mended = Promise.withResolvers<void>();
  const clock = { now: systemClock.now, sleep: (ms: number, signal?: AbortSignal) => (ms >= 500 && ms <= 15_000 ? mended.promise : systemClock.sleep(ms, signal)) };
  const host = await new SshConnector(join(folder, "known_hosts.json"), clock).connect({ kind: "ssh", address: `${sshd.user}@127.0.0.1:${line.port}`, identity: sshd.identity });
  onTestFinished(async () => {
    await host.close();
    await line.close();
    await sshd.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const told: ("stands" | number)[] = [];
  host.onLine((goneSince) => told.push(goneSince ?? "stands"));
  expect(told).toEqual(["stands"]);
  const before = Date.now();
  line.cut();
  await expect.poll(() => told).toEqual(["stands", expect.any(Number)]);
  expect(told[1]).toBeGreaterThanOrEqual(before);
  const asked = host.exec(["echo", "patient"]);
  line.mend();
  mended.resolve();
  expect((await asked).stdout).toBe("patient\n");
  expect(told).toEqual(["stands", expect.any(Number), "stands"]);
});
