import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keptCapabilities, serverOfKit } from "../../../remote/api/kept-capabilities.ts";
import type { MilvusCapabilities } from "../../../src/contract/milvus.ts";

const FOUND: MilvusCapabilities = { version: "v2.3.5", enforcesUsers: true, insertOfExistingKey: "keeps-both", hybridSearch: false, bm25: false };

function scene() {
  const folder = mkdtempSync(join(tmpdir(), "kept-capabilities-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  let probes = 0;
  const probe = async () => {
    probes++;
    return FOUND;
  };
  return { folder, file: join(folder, "milvus-server.capabilities.json"), probe, probes: () => probes };
}

test("a server's own program is tried once; another program, or one that is not known, is tried again", async () => {
  const { file, probe, probes } = scene();
  const ask = async (program: string | null) => [await keptCapabilities(file, program, probe), probes()];
  expect(await ask("aaaa")).toEqual([FOUND, 1]);
  expect(await ask("aaaa")).toEqual([FOUND, 1]);
  expect(await ask("bbbb")).toEqual([FOUND, 2]);
  expect(await ask(null)).toEqual([FOUND, 3]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, "{half");
  expect(await ask("bbbb")).toEqual([FOUND, 4]);
});

test("what failed once is not kept", async () => {
  const { file, probe } = scene();
  await expect(keptCapabilities(file, "aaaa", () => Promise.reject(new Error("not yet")))).rejects.toThrow("not yet");
  expect(await keptCapabilities(file, "aaaa", probe)).toEqual(FOUND);
});

test("a kit tells which server is in it", () => {
  const { folder } = scene();
  const manifest = join(folder, "kit.json");
  expect(serverOfKit(manifest)).toBeNull();
  writeFileSync(manifest, JSON.stringify({ layers: [{ name: "node", hash: "n" }, { name: "milvus", hash: "m" }] }));
  expect(serverOfKit(manifest)).toBe("m");
});
