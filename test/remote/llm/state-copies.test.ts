import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { StateCopies } from "../../../remote/llm/scheduling/state-copies.ts";

/** A sequence whose memory is a text; `room` says where it may be kept. What a full disk does cannot be had of the real one. */
function sequence(memory: string, room: (path: string) => boolean = () => true) {
  const kept: string[] = [];
  const self = {
    memory,
    kept,
    needsCheckpoints: false,
    get nextTokenIndex() {
      return self.memory.length;
    },
    async saveStateToFile(path: string) {
      kept.push(path);
      if (!room(path)) throw new Error("No space left on device");
      writeFileSync(path, self.memory);
    },
    async loadStateFromFile(path: string) {
      self.memory = readFileSync(path, "utf8");
    },
    async clearHistory() {
      self.memory = "";
    },
  };
  return self;
}
const real = (one: ReturnType<typeof sequence>) => one as unknown as Parameters<StateCopies["possible"]>[0];

test.skipIf(!existsSync("/dev/shm"))("what does not fit into the file system in memory goes by way of the disk, from then on", async () => {
  const copies = new StateCopies();
  const from = sequence("the course material", (path) => !path.startsWith("/dev/shm"));
  const to = [sequence(""), sequence("something else")];
  expect(await copies.copy(real(from), to.map(real))).toBe(true);
  expect(to.map(({ memory }) => memory)).toEqual(["the course material", "the course material"]);
  expect(await copies.exchange(real(from), real(sequence("")))).toBe(true);
  expect(from.kept.map((path) => path.startsWith("/dev/shm"))).toEqual([true, false, false]);
  expect(from.kept.filter((path) => existsSync(dirname(path)))).toEqual([]);
});

test("where there is no room anywhere nothing is lost, and nothing is tried again", async () => {
  const copies = new StateCopies();
  const [one, other] = [sequence("mine", () => false), sequence("yours")];
  expect(await copies.exchange(real(one), real(other))).toBe(false);
  expect([one.memory, other.memory]).toEqual(["mine", "yours"]);
  expect(copies.possible(real(one))).toBe(false);
});
