import { expect, test } from "vitest";
import { MILVUS_IMAGE, type MilvusKind } from "../../../../src/contract/milvus.ts";
import { SessionFacts } from "../../../../src/core/session/facts.ts";
import { storeControlOf } from "../../../../src/main/host/backups/course-store.ts";

const NEVER = new AbortController().signal;
const SERVER = { kind: "server", port: 19531, dataDir: "/data/milvus-server", python: "python3" };

/** A session's store, and all that its agent and its host were asked for. */
async function session(kind: MilvusKind, answer = '{"result":{}}') {
  const asked: unknown[] = [];
  const facts = new SessionFacts();
  facts.set("milvus", { kind, reason: "", ...(kind === "image" && { image: MILVUS_IMAGE }) });
  facts.set("layout", { courseData: "/data/course", milvusData: "/data/milvus", milvusServerData: "/data/milvus-server", milvusServerToken: "/data/milvus-server.token", milvusImageData: "/data/milvus-image", milvusImages: "/milvus" } as never);
  facts.set("ports", { milvus: 19531 });
  facts.set("report", { python: { path: "python3" } } as never);
  facts.set("kit", { hash: "0", path: "/kit" });
  await facts.hold("agent", { stopService: async () => void asked.push("stop"), startService: async (_: string, config: unknown) => void asked.push(config) } as never);
  const exec = async (argv: string[], { input }: { input: string }) => {
    asked.push([...argv.slice(1), JSON.parse(input)]);
    return { stdout: answer, stderr: "", exitCode: 0 };
  };
  await facts.hold("host", { kind: "ssh", label: "root@pod", exec } as never);
  return { facts, asked };
}

test("a server takes a copy over while it asks nobody for a password, and asks everybody again afterwards", async () => {
  const { facts, asked } = await session("server");
  await storeControlOf(facts).takeOver!(NEVER);
  expect(asked).toEqual(["stop", { ...SERVER, tryCopy: true, unlocked: true }, ["/kit/api.mjs", "--check-milvus", { target: { address: "127.0.0.1:19531" }, tokenFile: "/data/milvus-server.token", unlocked: true }], "stop", { ...SERVER, tryCopy: true }]);
});

test("an image's server is given the password beside its own data, not that of the real server's", async () => {
  const { facts, asked } = await session("image");
  await storeControlOf(facts).takeOver!(NEVER);
  expect(asked[2]).toMatchObject(["/kit/api.mjs", "--check-milvus", { tokenFile: "/data/milvus-image-49371c30af46.token" }]);
});

test("a server that does not take the password is locked again all the same", async () => {
  const { facts, asked } = await session("server", '{"error":{"code":"search-failed","message":"no"}}');
  await expect(storeControlOf(facts).takeOver!(NEVER)).rejects.toMatchObject({ code: "search-failed" });
  expect(asked.slice(-2)).toEqual(["stop", { ...SERVER, tryCopy: true }]);
});

test("Milvus Lite has no password, and somebody else's store is not copied", async () => {
  expect(storeControlOf((await session("lite")).facts).takeOver).toBeUndefined();
  const { facts } = await session("remote");
  expect(() => storeControlOf(facts)).toThrow("somebody else's");
});
