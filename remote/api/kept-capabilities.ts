import type { KitManifest } from "../../src/contract/kit.ts";
import type { MilvusCapabilities } from "../../src/contract/milvus.ts";
import { readJson, writePrivateJson } from "../agent/private-file.ts";

interface Kept {
  program: string;
  capabilities: MilvusCapabilities;
}

/**
 * What a server of ours can do is found once and kept in a file beside its data: its program's files were
 * compared with their hashes when they came, and the same program does the same. Whether it still keeps
 * rows and finds them, each session's test question tries anew.
 *
 * @param program what tells it from every other; null where that is not known, and nothing is kept
 */
export async function keptCapabilities(file: string, program: string | null, probe: () => Promise<MilvusCapabilities>): Promise<MilvusCapabilities> {
  const kept = readJson<Kept>(file);
  if (program !== null && kept?.program === program) return kept.capabilities;
  const capabilities = await probe();
  if (program !== null) writePrivateJson(file, { program, capabilities } satisfies Kept);
  return capabilities;
}

/** Hash of the Milvus server in the kit that the file describes; null where there is no such file, or no server in it. */
export function serverOfKit(manifest: string): string | null {
  return readJson<KitManifest>(manifest)?.layers.find(({ name }) => name === "milvus")?.hash ?? null;
}
