import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { whyUnsupported } from "../../../src/core/model/architectures.ts";

const LISTED = new URL("../../../remote/node_modules/node-llama-cpp/dist/gguf/types/GgufMetadataTypes.js", import.meta.url);

/** In the package's list, and yet nothing that can answer: see COMPANIONS; gptj was never implemented. */
const NOT_ALONE = ["clip", "wavtokenizer-dec", "eagle3", "dflash", "gemma4-assistant", "qwen3tts", "pockettts", "gptj", "(unknown)"];

test("every architecture that the pinned engine lists is known here", async (context) => {
  if (!existsSync(LISTED)) return context.skip("remote/node_modules is not installed");
  const source = await readFile(LISTED, "utf8");
  const listed = [...source.matchAll(/GgufArchitectureType\["\w+"\] = "([^"]+)"/g)].map((match) => match[1]!);
  expect(listed.length).toBeGreaterThan(100);
  expect(listed.filter((name) => whyUnsupported(name) !== null).sort()).toEqual(NOT_ALONE.filter((name) => listed.includes(name)).sort());
});
