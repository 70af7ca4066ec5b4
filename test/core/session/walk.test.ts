import { expect, test } from "vitest";
import { PLAN } from "../../../src/core/session/plan.ts";
import { seeded } from "../../parts/seeded.ts";
import { seeds } from "./seeds.ts";
import { World } from "./world.ts";

const pick = <Item>(random: () => number, items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;

test.each(seeds(40, 600))("any order of events keeps the promises of the life cycle (seed %i)", (seed) => {
  const random = seeded(seed);
  const world = new World();
  // Some walks fail often, some hardly ever: both must get far.
  const trouble = random() * random();
  for (let step = 0; step < 250; step++) {
    const roll = random();
    if (world.state.phase === "stopped") {
      world.startAfresh();
    } else if (roll < 0.7 && world.running.size > 0) {
      const [id, { adopt, aborted }] = pick(random, [...world.running]);
      if (random() < trouble) world.end(id, pick(random, adopt ? ["failed", "gone"] : aborted ? ["failed", "cancelled"] : ["failed"]));
      else world.end(id, aborted && random() < 0.8 ? "cancelled" : "done", random() < trouble / 4 ? Math.floor(random() * 3) : Infinity);
    } else if (roll < 0.7 && world.undoing.size > 0) world.endUndo(pick(random, [...world.undoing]), random() >= trouble);
    else if (roll < 0.7) world.send({ type: pick(random, ["retry", "start", "stop"]) });
    else if (roll < 0.7 + 0.1 * trouble) world.crash();
    else if (roll < 0.7 + 0.2 * trouble) world.lose(pick(random, PLAN).id);
    else if (random() < 0.2 * trouble + 0.02) world.send({ type: pick(random, ["stop", "cancel", "forget"]) });
    else if (random() < 0.1) world.send({ type: pick(random, ["step-done", "undo-done", "step-cancelled"]), step: pick(random, PLAN.filter(({ id }) => !world.running.has(id) && !world.undoing.has(id))).id, facts: {} });
    else world.start();
  }

  // From wherever it has come, stopping without further trouble ends with nothing owned.
  for (let rounds = 0; rounds < 200 && world.state.phase !== "stopped" && world.state.phase !== "idle"; rounds++) {
    if (world.running.size > 0) for (const id of world.running.keys()) world.end(id, "cancelled");
    else if (world.undoing.size > 0) for (const id of world.undoing) world.endUndo(id, true);
    else world.send({ type: "stop" });
  }
  expect(["stopped", "idle"]).toContain(world.state.phase);
});
