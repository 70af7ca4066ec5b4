import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fileSecrets } from "../../../src/adapters/local/secrets.ts";
import type { StartRequest } from "../../../src/contract/session.ts";
import { EndpointKeys } from "../../../src/main/host/endpoint-keys.ts";

function keysOf(): EndpointKeys {
  const folder = mkdtempSync(join(tmpdir(), "endpoint-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return new EndpointKeys(fileSecrets(folder));
}

const request = (chat?: string, embedding?: string): StartRequest => ({
  host: { kind: "local" },
  ...(chat === undefined ? {} : { chatEndpoint: { url: chat } }),
  ...(embedding === undefined ? {} : { embeddingEndpoint: { url: embedding } }),
});

test("one server's key serves both of its tasks, and is never sent to another server", async () => {
  const keys = keysOf();
  await keys.set("llm", "sk-one\n");
  expect(await keys.of(request("https://one.example/v1", "https://one.example/v1"))).toEqual({ chat: "sk-one", embedding: "sk-one" });
  expect(await keys.of(request("https://one.example/v1", "https://two.example/v1"))).toEqual({ chat: "sk-one", embedding: null });
  expect(await keys.of(request("https://one.example/v1", "http://one.example/v1"))).toEqual({ chat: "sk-one", embedding: null });
  expect(await keys.of(request(undefined, "https://one.example/v1"))).toEqual({ chat: null, embedding: null });
  await keys.set("embedding", "sk-two");
  expect(await keys.of(request("https://one.example/v1", "https://one.example/v1"))).toEqual({ chat: "sk-one", embedding: "sk-two" });
  expect(await keys.of(request())).toEqual({ chat: null, embedding: null });
  expect(await keys.list()).toEqual(["llm", "embedding"]);
  await keys.remove("llm");
  expect(await keys.list()).toEqual(["embedding"]);
});

test.each(["", "  \n", "two words", "line\nbreak", "schlüssel", "x".repeat(9000)])("%j is no key", async (value) => {
  const keys = keysOf();
  await keys.set("llm", "sk-before");
  await expect(keys.set("llm", value)).rejects.toMatchObject({ code: "input-invalid", kept: expect.stringContaining("unchanged") });
  expect((await keys.of(request("https://one.example/v1"))).chat).toBe("sk-before");
});
