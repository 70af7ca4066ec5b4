import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeOtherImages } from "../../../remote/agent/milvus-images.ts";
import { lockStore } from "../../../remote/agent/store-lock.ts";
import { FakeClock } from "../../fakes/clock.ts";

const [RUNS, OLD, OLDER, BUSY, ELSEWHERE] = ["aaaaaaaaaaaa", "0123456789ab", "ba9876543210", "cccccccccccc", "dddddddddddd"] as const;

/** A host's folders; the image RUNS is the one of the session. */
function host() {
  const root = mkdtempSync(join(tmpdir(), "milvus images "));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const images = join(root, "milvus");
  const dataOf = (mark: string) => join(root, "data", `milvus-image-${mark}`);
  const image = (mark: string, content = "server") => {
    const program = join(images, mark, "milvus/bin/milvus");
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, content);
    mkdirSync(dataOf(mark), { recursive: true });
    writeFileSync(join(dataOf(mark), "rows"), "a course");
    return program;
  };
  image(RUNS);
  const said: string[] = [];
  return {
    root,
    images,
    image,
    dataOf,
    said,
    left: () => readdirSync(images).sort(),
    remove: (dataDir = dataOf(RUNS)) => removeOtherImages({ dataDir, image: { name: "registry.example/milvus", digest: `sha256:${"a".repeat(64)}`, folder: join(images, RUNS), layout: null } }, (text) => said.push(text)),
  };
}

test("images of other versions go, and are named; the one that runs and every course stay", async () => {
  const { root, images, image, said, left, remove } = host();
  image(OLD);
  image(OLDER);
  // Of a day ago: what a killed session has left of one. Of now: what may be on its way.
  for (const [name, daysAgo] of [[`${OLD}.oci`, 2], [`${RUNS}.x7Yz_1`, 2], [`${OLDER}.oci`, 0]] as const) {
    mkdirSync(join(images, name));
    utimesSync(join(images, name), new Date(), new Date(Date.now() - daysAgo * 86_400_000));
  }
  await remove();
  expect(left()).toEqual([RUNS, `${OLDER}.oci`]);
  expect(said).toHaveLength(4);
  expect(said).toContainEqual(expect.stringMatching(`${OLD} was removed.*${RUNS} runs`));
  expect(readdirSync(join(root, "data")).sort()).toEqual([OLD, RUNS, OLDER].map((mark) => `milvus-image-${mark}`).sort());
});

test("an image stays while a program runs from it, or while another machine may have its store open", async () => {
  const { image, dataOf, said, left, remove } = host();
  const program = image(BUSY);
  copyFileSync("/bin/sleep", program);
  const running = spawn("/lib64/ld-linux-x86-64.so.2", [program, "600"], { stdio: "ignore" });
  await once(running, "spawn");
  onTestFinished(() => void running.kill("SIGKILL"));
  image(ELSEWHERE);
  const clock = new FakeClock();
  const over = new AbortController();
  const release = await lockStore(`${dataOf(ELSEWHERE)}.lock`, { clock, signal: over.signal, host: "another pod", say: () => undefined, lost: () => undefined });
  await remove();
  expect({ left: left(), said }).toEqual({ left: [RUNS, BUSY, ELSEWHERE], said: [] });

  running.kill("SIGKILL");
  await once(running, "exit");
  await release();
  await remove();
  expect(left()).toEqual([RUNS]);
});

test("what is not ours stays, whatever its name", async () => {
  const { root, images, image, left, remove } = host();
  const outside = join(root, "outside");
  mkdirSync(join(outside, "milvus/bin"), { recursive: true });
  writeFileSync(join(outside, "milvus/bin/milvus"), "somebody's");
  symlinkSync(outside, join(images, OLD));
  mkdirSync(join(images, OLDER));
  writeFileSync(join(images, OLDER, "thesis.pdf"), "somebody's");
  mkdirSync(join(images, "my-milvus/milvus/bin"), { recursive: true });
  writeFileSync(join(images, BUSY), "a file");
  const all = left();
  await remove();
  expect(left()).toEqual(all);
  // Where data and images do not go by one mark, nobody can tell whose an image is.
  image(ELSEWHERE);
  await remove(join(root, "data", "somewhere"));
  expect(left()).toContain(ELSEWHERE);
});
