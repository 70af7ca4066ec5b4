import { expect, test, type TestContext } from "vitest";
import { processPodsMissing } from "../../../src/adapters/rehearsal/machines/process.ts";
import { RentWorld } from "./rent-world.ts";
import { SshdGround } from "./sshd-ground.ts";

/** A rented world whose machines are real sshds, with keys and ports of their own. */
async function world(context: TestContext): Promise<RentWorld> {
  if (processPodsMissing !== null) context.skip(processPodsMissing);
  const ground = new SshdGround();
  context.onTestFinished(() => ground[Symbol.asyncDispose]());
  return RentWorld.onSshds(ground);
}

const rent = (here: RentWorld) => here.session.snapshot().rent!;
const wayIn = (here: RentWorld) => here.account.pod(rent(here).podId!)!.machine!;

test("a machine that shows another key than its own log told is not entered; it is given back, and the next one is", { timeout: 60_000 }, async (context) => {
  const here = await world(context);
  here.account.faults.add({ kind: "host-key-swapped" });
  await here.session.start(here.request());
  await here.until(() => here.phase() === "needs-help");
  const { error, receipt } = here.session.snapshot();
  expect(error).toMatchObject({ code: "host-key-changed", message: expect.stringContaining("the machine's own log says") });
  expect(receipt).toBeNull();
  expect(here.entered).toEqual([]);
  await here.session.cancel();
  await here.until(() => here.phase() === "stopped");
  expect(here.account.pods()).toEqual([]);
  await here.session.start(here.request());
  await here.until(() => here.phase() === "ready");
  expect(here.entered).toHaveLength(1);
});

test("a machine that is started again has another address, port and key, and is known all the same", { timeout: 60_000 }, async (context) => {
  const here = await world(context);
  await here.session.start(here.request());
  await here.until(() => here.phase() === "ready");
  const before = wayIn(here);
  const { podId } = rent(here);
  await here.session.stop({ disk: "keep" });
  await here.until(() => here.phase() === "stopped");
  here.account.faults.add({ kind: "address-changed" });
  await here.session.start(here.request({ podId: podId! }));
  await here.until(() => here.phase() === "ready");
  const after = wayIn(here);
  expect(rent(here)).toMatchObject({ podId, resumed: true });
  expect(after.host).not.toBe(before.host);
  expect(after.fingerprints).not.toEqual(before.fingerprints);
});

test("a log that tells no keys: the one that is met is pinned for this start, and is known after a crash", { timeout: 60_000 }, async (context) => {
  const here = await world(context);
  here.account.faults.add({ kind: "log-silent" });
  await here.session.start(here.request());
  await here.until(() => here.phase() === "ready");
  // Found again after a crash: the same machine at the same start shows the same key.
  await here.crash();
  await here.until(() => here.phase() === "ready");
  expect(here.account.everyPod()).toHaveLength(1);
});
