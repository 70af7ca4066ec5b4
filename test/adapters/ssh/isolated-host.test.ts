import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import { uploadFile } from "../../../src/core/upload/upload.ts";
import { sshHostMissing, startSshHost } from "../../parts/ssh-host.ts";

test("a host of its own sees nothing of this computer, takes an upload, and leaves nothing behind", async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-isolated-"));
  const part = await startSshHost();
  try {
    const host = await new SshConnector(join(folder, "known.json"), systemClock).connect({ kind: "ssh", address: part.address, identity: part.identity });
    expect((await host.exec(["ls", "-A", "/workspace", "/root", "/tmp"])).stdout).toBe("/root:\n\n/tmp:\n\n/workspace:\n");
    expect((await host.exec(["ls", process.cwd()])).exitCode).not.toBe(0);
    expect((await host.exec(["cat", "/proc/net/route"])).stdout.trim().split("\n")).toHaveLength(2);

    const source = join(folder, "small");
    writeFileSync(source, "contents");
    const result = await uploadFile({ host, source, destination: "/workspace/models/small", clock: systemClock, signal: AbortSignal.timeout(30_000) });
    expect(result).toMatchObject({ skipped: false, bytesSent: 8 });
    expect(existsSync(join(part.root, "workspace/models/small"))).toBe(true);

    const sleeping = await host.spawn(["sleep", "1000"]);
    await expect.poll(() => part.processes()).toEqual(["sleep 1000"]);
    sleeping.kill();
    await sleeping.exited;
    // The program that carried the signal may still be on its way out.
    await expect.poll(() => part.processes()).toEqual([]);
    await host.close();
  } finally {
    await part.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  expect(existsSync(part.root)).toBe(false);
});
