import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { compileCache } from "../../scripts/setup/hand-over.mjs";
import { CORE_FLAGS } from "../../src/main/host/client.ts";
import type { Tool } from "./tool.ts";

const PROGRAM = [process.execPath, ...CORE_FLAGS, join(import.meta.dirname, "ours-process.ts")];

/** Our process starts as the app does from its second start on: with what Node has compiled before. */
export function warmUp(): void {
  process.env.NODE_COMPILE_CACHE ??= compileCache(join(import.meta.dirname, "../.."));
  const [node, ...words] = PROGRAM as [string, ...string[]];
  execFileSync(node, words);
}

/** The engine alone, with the same host adapter as the app. */
export const ours: Tool = {
  name: "ours",
  missing: () => null,
  command: ({ link, file, folder, scratch }) => [...PROGRAM, JSON.stringify({ link, file, folder, scratch })],
};

/** The same, where the pod may get the file from a mirror too. */
export const oursWithMirror: Tool = {
  name: "ours+mirror",
  missing: () => null,
  command: (job) => [...PROGRAM, JSON.stringify(job)],
};
