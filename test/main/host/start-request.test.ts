import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCore } from "../../../src/main/host/core.ts";

test("an endpoint's address that cannot be used is refused before it is written down anywhere", async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), "start-request-"));
  onTestFinished(() => rmSync(dataFolder, { recursive: true }));
  const core = await createCore({ dataFolder, shell: "background" });
  onTestFinished(() => core.close());
  for (const url of ["https://ann:sk-secret@llm.example", "http://llm.example/v1"]) {
    await expect(core.start({ host: { kind: "local" }, chatEndpoint: { url } })).rejects.toMatchObject({ code: "endpoint-address-invalid" });
    await expect(core.start({ host: { kind: "local" }, embeddingEndpoint: { url } })).rejects.toMatchObject({ code: "endpoint-address-invalid" });
  }
  await expect(core.start({ host: { kind: "local" }, milvusUrl: "http://milvus.example" })).rejects.toMatchObject({ code: "endpoint-address-invalid" });
  expect(core.session.snapshot().phase).toBe("idle");
  const sessions = join(dataFolder, "sessions");
  expect(existsSync(sessions) ? readdirSync(sessions) : []).toEqual([]);
});
