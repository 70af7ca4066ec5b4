import { join } from "node:path";
import type { Tool } from "../tool.ts";

/** ssh2's own way to send a file, with its defaults: what most Node programs use. */
export const fastput: Tool = {
  name: "fastput",
  missing: () => null,
  command: ({ link, file, folder }) => [process.execPath, join(import.meta.dirname, "fastput-process.ts"), JSON.stringify({ link, file, folder })],
};
