import { expect, test } from "vitest";
import { EtaRange } from "../../../src/core/upload/eta-range.ts";
import { seeded } from "../../parts/seeded.ts";

test("says nothing before the rate was seen for some seconds", () => {
  const range = new EtaRange();
  for (let second = 0; second < 4; second++) range.observe(10e6);
  expect(range.read(100e6)).toBeUndefined();
});

test("a steady line has a narrow range around what is left", () => {
  const range = new EtaRange();
  for (let second = 0; second < 30; second++) range.observe(10e6);
  const { least, most } = range.read(600e6)!;
  expect(least).toBeGreaterThan(57);
  expect(most).toBeLessThan(63);
});

test("a line that varies ends within its range 9 times of 10", () => {
  const random = seeded(11);
  let within = 0;
  const runs = 200;
  for (let run = 0; run < runs; run++) {
    const range = new EtaRange();
    let level = 10e6;
    // Wanders around 10 MB/s as a lossy line does: what it was in the last second is most of what it is.
    const next = () => (level = 10e6 + (level - 10e6) * 0.6 + (random() - 0.5) * 8e6);
    for (let second = 0; second < 30; second++) range.observe(next());
    const { least, most } = range.read(600e6)!;
    let left = 600e6;
    let seconds = 0;
    for (; left > 0; seconds++) left -= next();
    if (seconds >= least - 1 && seconds <= most + 1) within++;
  }
  expect(within / runs).toBeGreaterThan(0.9);
});
