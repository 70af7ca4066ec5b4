import type { WheelPin } from "../../src/adapters/packages/pins.ts";
import { fetchWheel } from "../../src/adapters/packages/wheel.ts";

/** A process of its own that fetches one wheel: for tests of what several processes share. */
process.once("message", async (order: { pin: WheelPin; cacheDir: string }) => {
  await fetchWheel(order.pin, { cacheDir: order.cacheDir });
  process.disconnect();
});
