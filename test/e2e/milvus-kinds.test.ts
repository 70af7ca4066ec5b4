import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MILVUS_IMAGE } from "../../src/contract/milvus.ts";
import { ANSWERED_BY, QUESTION, userWithEndpoint } from "../parts/endpoint-user.ts";
import { filesWith, keepKey } from "../parts/kept-key.ts";
import { makeMilvusImage } from "../parts/milvus-image.ts";
import { noMilvusServer, startMilvusServer } from "../parts/milvus-server.ts";

/** On two loaded cores. */
const MINUTES = 15 * 60_000;

test.skipIf(noMilvusServer !== null)("a session keeps its course in somebody else's Milvus, opened with a token that it keeps to itself", { timeout: MINUTES }, async () => {
  const milvus = await startMilvusServer();
  onTestFinished(() => milvus.stop());
  const { user, start } = await userWithEndpoint();
  const address = `http://${milvus.address}`;

  const keyless = await start("--milvus-url", address);
  expect({ exit: keyless.exit, error: keyless.last.error }).toMatchObject({ exit: 1, error: { code: "endpoint-key-rejected", advice: expect.stringContaining("ai-mentor secret set milvus") } });

  await keepKey(user, "milvus", milvus.token);
  const { exit, last } = await start("--milvus-url", address);
  expect({ exit, error: last.error }).toEqual({ exit: 0, error: undefined });
  expect(last.session).toMatchObject({ phase: "ready", milvus: { kind: "remote", version: expect.stringMatching(/^v2\.3\.5/) }, course: { documents: 5 } });
  expect(last.session!.steps.map(({ id }) => id)).not.toContain("start-milvus");
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe(ANSWERED_BY);

  const password = milvus.token.slice("root:".length);
  expect(filesWith(user.home, password).sort()).toEqual(["host/ai-mentor/run/api.json", "secrets.json"]);
  expect(JSON.stringify([last, (await user.run("logs")).lines])).not.toContain(password);

  // The course is not this computer's: it stays, and the next session brings nothing again.
  expect((await user.run("stop")).last.session!.receipt!.kept).toContainEqual(expect.stringContaining(`The course stays in Milvus at ${address}`));
  expect(filesWith(user.home, password)).toEqual(["secrets.json"]);
  const again = await start("--milvus-url", address);
  expect(again.last.session!.steps.find(({ id }) => id === "restore-course")).toMatchObject({ status: "skipped" });
  await user.run("stop");
});

test.skipIf(noMilvusServer !== null)("the real server of a session's own is opened by its own password alone, and the next session finds the course in it", { timeout: MINUTES }, async () => {
  const { user, start } = await userWithEndpoint();
  const { exit, last } = await start("--milvus", "server");
  expect({ exit, error: last.error }).toEqual({ exit: 0, error: undefined });
  expect(last.session).toMatchObject({ phase: "ready", milvus: { kind: "server", version: expect.stringMatching(/^v2\.3\.5/) }, course: { documents: 5 } });
  expect((await user.run("status")).last.session!.milvus!.kind).toBe("server");
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe(ANSWERED_BY);

  const file = join(user.home, "host/ai-mentor/data/milvus-server.token");
  const token = readFileSync(file, "utf8").trim();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(filesWith(user.home, token)).toEqual(["host/ai-mentor/data/milvus-server.token"]);

  expect((await user.run("stop")).exit).toBe(0);
  // Nobody has to name it again: the course is in it.
  const again = await start();
  expect(again.last.session).toMatchObject({ milvus: { kind: "server" } });
  expect(again.last.session!.steps.find(({ id }) => id === "restore-course")).toMatchObject({ status: "skipped" });
  await user.run("stop");
});

test.skipIf(noMilvusServer !== null)("the server of an image keeps the course, and leaves word for the next session, which needs neither its name nor its folder", { timeout: MINUTES }, async () => {
  const { user, start } = await userWithEndpoint();
  const image = join(user.home, "stick", "milvus");
  const { digest } = await makeMilvusImage(image);
  const { exit, last } = await start("--milvus-image", `${image}@${digest}`);
  expect({ exit, error: last.error }).toEqual({ exit: 0, error: undefined });
  expect(last.session).toMatchObject({ phase: "ready", milvus: { kind: "image", version: expect.stringMatching(/^v2\.3\.5/) }, course: { documents: 5 } });
  expect((await user.run("ask", QUESTION)).last.answer!.sources[0]!.file).toBe(ANSWERED_BY);
  expect((await user.run("stop")).exit).toBe(0);

  const { name } = MILVUS_IMAGE;
  expect(JSON.parse(readFileSync(join(user.home, "host/ai-mentor/data/milvus.json"), "utf8"))).toEqual({ kind: "image", image: { name, digest } });
  // The same as with the real server above, but for a start.
  if (process.env.AI_MENTOR_LONG === undefined) return;
  rmSync(image, { recursive: true });
  const again = await start();
  expect(again.last.session).toMatchObject({ phase: "ready", milvus: { kind: "image" } });
  expect(again.last.session!.steps.find(({ id }) => id === "restore-course")).toMatchObject({ status: "skipped" });
  await user.run("stop");
});
