import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { FileJournal } from "../../../src/adapters/local/journal.ts";
import { fileSecrets } from "../../../src/adapters/local/secrets.ts";

let folder: string;
const host = new LocalHost();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-local-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("programs run by argument vector, with input, exit codes and missing ones told apart", async () => {
  const print = "process.stdin.pipe(process.stdout); process.stderr.write(JSON.stringify(process.argv.slice(1)))";
  const words = ["", "a b", "$(id)", "-x\n", "日本"];
  const result = await host.exec([process.execPath, "-e", print, "--", ...words], { input: "given" });
  expect(result).toMatchObject({ exitCode: 0, stdout: "given", stderr: JSON.stringify(words) });
  expect(await host.exec(["no-such-program"])).toMatchObject({ exitCode: 127 });
  await expect(host.spawn(["no-such-program"])).rejects.toMatchObject({ code: "internal" });
  await expect(host.exec(["a\0b"])).rejects.toMatchObject({ code: "input-invalid" });
});

test("a cancelled program ends", async () => {
  const cancel = new AbortController();
  const running = host.exec([process.execPath, "-e", "setInterval(() => {}, 1000)"], { signal: cancel.signal });
  setTimeout(() => cancel.abort(new Error("enough")), 50);
  await expect(running).rejects.toThrow("enough");
});

test("small files are written with their mode, read, and missed", async () => {
  const path = join(folder, "new", "file");
  await host.writeFile(path, "first");
  await host.writeFile(path, "second", 0o755);
  expect(statSync(path).mode & 0o777).toBe(0o755);
  expect(Buffer.from((await host.readFile(path, 3))!).toString()).toBe("sec");
  expect(await host.stat(path)).toMatchObject({ bytes: 6 });
  expect(await host.readFile(join(path, "below"))).toBeNull();
  expect(await host.stat(join(folder, "nothing"))).toBeNull();
  expect(await host.openTunnel(8080, 8080)).toMatchObject({ localPort: 8080, moved: false });
});

test("a journal gives back every whole record, and goes on after a torn one", async () => {
  const path = join(folder, "journal", "one.jsonl");
  const journal = new FileJournal<{ step: number }>(path);
  expect(await journal.read()).toEqual([]);
  await Promise.all([1, 2, 3].map((step) => journal.append({ step })));
  appendFileSync(path, '{"step":4');
  expect(await journal.read()).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
  await new FileJournal<{ step: number }>(path).append({ step: 5 });
  expect(await journal.read()).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }, { step: 5 }]);
});

test("secrets are this user's alone, and survive a second process", async () => {
  const data = join(folder, "data");
  await fileSecrets(data).set("a", "one");
  const secrets = fileSecrets(data);
  await Promise.all([secrets.set("b", "two"), secrets.set("c", "three"), secrets.delete("a")]);
  expect(await fileSecrets(data).get("b")).toBe("two");
  expect(await fileSecrets(data).get("a")).toBeNull();
  expect(statSync(join(data, "secrets.json")).mode & 0o777).toBe(0o600);
  writeFileSync(join(data, "secrets.json"), "{}");
  expect(await secrets.get("c")).toBeNull();
});
