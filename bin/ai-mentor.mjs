#!/usr/bin/env node
// Starts under any Node from 18 on, because npx uses the system's: hands over to Node 24 where that is older.
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const main = join(root, "src/main/cli/main.ts");
const { findNode24 } = await import("../scripts/setup/node24.mjs");
const { compileCache, environment, handOver } = await import("../scripts/setup/hand-over.mjs");
const node = findNode24(root);

if (node === null || !existsSync(join(root, "node_modules/commander"))) {
  process.stderr.write("✗ AI Mentor is not set up yet\n  What to do: run `npm run setup` (or `npm start`) in this folder once.\n");
  process.exitCode = 1;
} else if (Number.parseInt(process.versions.node, 10) >= 24) {
  // What it starts keeps its own in the same place.
  process.env.NODE_COMPILE_CACHE ??= compileCache(root);
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(main).href);
} else {
  process.exitCode = await handOver([node, main, ...process.argv.slice(2)], { env: environment(root, node) });
}
