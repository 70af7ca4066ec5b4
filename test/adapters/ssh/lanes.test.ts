import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import type { Host } from "../../../src/core/ports.ts";
import { sshdMissing, startSshd, type Sshd } from "../../parts/sshd.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-lanes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const logins = (sshd: Sshd) => sshd.log().split("Accepted publickey").length - 1;

type Count = (roundTripMs: number) => number;

async function connect(sshd: Sshd, lanes?: Count, lanesNext?: Count): Promise<Host> {
  return new SshConnector(join(sshd.folder, "known.json"), systemClock).connect({ kind: "ssh", address: sshd.address, identity: sshd.identity }, undefined, { lanes, lanesNext });
}

describe.skipIf(sshdMissing !== null)("lanes to a host", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  test("are opened ahead, and one that is released serves again without a log-in", async () => {
    const before = logins(sshd);
    const host = await connect(sshd, () => 2);
    const lanes = await Promise.all([host.openLane(), host.openLane()]);
    expect(logins(sshd) - before).toBe(3);
    expect(lanes.every(({ roundTripMs }) => roundTripMs > 0)).toBe(true);
    await lanes[0]!.release();
    await lanes[1]!.close();
    const again = await host.openLane();
    expect(logins(sshd) - before).toBe(3);
    expect((await (await again.spawn(["true"])).exited).exitCode).toBe(0);
    const another = await host.openLane();
    expect(logins(sshd) - before).toBe(4);
    await Promise.all([again.release(), another.release()]);
    await host.close();
    await expect(host.openLane()).rejects.toMatchObject({ code: "host-lost" });
  });

  test("that will be wanted next are opened by themselves, and not before the host is known", async () => {
    const before = logins(sshd);
    const loggedIn: number[] = [];
    const host = await connect(sshd, undefined, () => {
      loggedIn.push(logins(sshd) - before);
      return 2;
    });
    expect(loggedIn).toEqual([1]);
    await expect.poll(() => logins(sshd) - before).toBe(3);
    await Promise.all([host.openLane(), host.openLane()]);
    expect(logins(sshd) - before).toBe(3);
    await host.close();
  });

  test("dozens are opened although sshd turns away who comes in a crowd", async () => {
    await sshd.restart({ maxStartups: "10:100:11" });
    const host = await connect(sshd);
    const lanes = await Promise.all(Array.from({ length: 24 }, () => host.openLane()));
    expect(new Set(lanes).size).toBe(24);
    await host.close();
    await sshd.restart();
  });

  test("a program that does not read holds up who writes to it, and not more than its line waits in memory", async () => {
    const host = await connect(sshd);
    const lane = await host.openLane();
    const program = await lane.spawn(["sleep", "1000"]);
    let taken = 0;
    const piece = Buffer.alloc(256 * 1024);
    for (let count = 0; count < 64; count++) program.stdin.write(piece, (error) => void (error ?? taken++));
    // SSH's window is 2 MiB, eight pieces; the pipe behind it takes a little more.
    await expect.poll(() => taken).toBeGreaterThanOrEqual(8);
    await host.ping();
    expect(taken).toBeLessThanOrEqual(9);
    program.kill();
    await program.exited;
    await host.close();
  });

  test("a socket on the host is reached; one where nobody listens is a lost line", async () => {
    const path = join(folder, "echo");
    const server: Server = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const host = await connect(sshd);
    const lane = await host.openLane();
    const stream = await lane.connect(path);
    const heard = new Promise((resolve) => stream.stdout.once("data", (data: Buffer) => resolve(data.toString())));
    stream.stdin.write("are you there?");
    expect(await heard).toBe("are you there?");
    stream.stdin.end();
    await stream.closed;
    await expect(lane.connect(join(folder, "nobody"))).rejects.toMatchObject({ code: "host-lost" });
    await host.close();
    await new Promise((resolve) => server.close(resolve));
  });

});
