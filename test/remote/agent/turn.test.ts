import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { takeTurn } from "../../../remote/agent/turn.ts";
import { FakeClock } from "../../fakes/clock.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "turn "));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * On a host that may stand still before any change of a file: takes the turn again and again, says
 * "overlap" where another one is in it too, and is killed in the middle of its last.
 */
const CONTENDER = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setImmediate } from "node:timers/promises";
const [module, path, inside] = process.argv.slice(1);
const { openSync, closeSync, unlinkSync } = fs;
const stillness = new Int32Array(new SharedArrayBuffer(4));
const standStill = () => Atomics.wait(stillness, 0, 0, Math.random() * 40);
for (const name of ["mkdirSync", "renameSync", "rmSync", "rmdirSync", "unlinkSync", "writeFileSync"]) {
  const change = fs[name];
  fs[name] = (...words) => {
    standStill();
    return change(...words);
  };
}
syncBuiltinESMExports();
const { takeTurn } = await import(module);
const clock = { now: () => 0, sleep: () => setImmediate() };
for (let turnsLeft = 3; turnsLeft > 0; turnsLeft--) {
  const release = await takeTurn(path, 1, clock);
  try {
    closeSync(openSync(inside, "wx"));
    standStill();
    unlinkSync(inside);
  } catch (error) {
    console.log("overlap", error.code);
  }
  if (turnsLeft === 1) process.kill(process.pid, "SIGKILL");
  release();
}
`;

test("of many processes one has its turn at a time, also after those that died in theirs", async () => {
  const path = join(folder(), "start.turn");
  const module = new URL("../../../remote/agent/turn.ts", import.meta.url).href;
  const contend = async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", CONTENDER, module, path, `${path}.inside`], { stdio: ["ignore", "pipe", "inherit"] });
    const [said, end] = await Promise.all([text(child.stdout), once(child, "exit")]);
    return { said, end };
  };
  const ends = await Promise.all(Array.from({ length: 5 }, contend));
  expect(ends).toEqual(ends.map(() => ({ said: "", end: [null, "SIGKILL"] })));
});

test("a turn is waited for until it is free, and given up after a while", async () => {
  const path = join(folder(), "start.turn");
  const clock = new FakeClock();
  const release = (await takeTurn(path, 0, clock))!;
  const [next, impatient] = [takeTurn(path, 90_000, clock), takeTurn(path, 1_000, clock)];
  await clock.advance(80_000);
  expect(await impatient).toBeNull();
  release();
  await clock.advance(50);
  (await next)!();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("a turn whose holder's number now belongs to another process is free", async () => {
  const path = join(folder(), "start.turn");
  mkdirSync(path);
  writeFileSync(join(path, `${process.pid}-1`), "");
  expect(await takeTurn(path, 0, new FakeClock())).not.toBeNull();
});
