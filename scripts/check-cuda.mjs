#!/usr/bin/env node
import { join } from "node:path";
import { environment, handOver } from "./setup/hand-over.mjs";
import { ROOT, runScript, setup } from "./setup.mjs";

await runScript(import.meta.url, async (args) => {
  const { node } = await setup();
  return handOver([node, join(ROOT, "bench/cuda/main.ts"), ...args], { env: environment(ROOT, node) });
});
