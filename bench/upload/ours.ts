import { join } from "node:path";
import type { Tool } from "./tool.ts";

/** The engine alone, with the same host adapter as the app. */
export const ours: Tool = {
  name: "ours",
  missing: () => null,
  command: (job) => [process.execPath, join(import.meta.dirname, "ours-process.ts"), JSON.stringify(job)],
};
