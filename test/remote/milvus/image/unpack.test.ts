import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { unpackImage } from "../../../../remote/milvus/image/unpack.ts";
import { layer, writeImage, type LayerEntry } from "../../../parts/oci-image.ts";

function place() {
  const folder = mkdtempSync(join(tmpdir(), "oci "));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const image = join(folder, "image");
  mkdirSync(image);
  return { image, root: join(folder, "unpacked"), outside: join(folder, "outside"), folder };
}

async function unpacked(layers: LayerEntry[][], compress?: "gzip" | "zstd" | "none") {
  const { image, root } = place();
  const { digest } = writeImage(image, layers.map((entries) => layer(...entries)), compress);
  await unpackImage(image, digest, root);
  return { root, text: (name: string) => readFileSync(join(root, name), "utf8"), files: () => readdirSync(root, { recursive: true, encoding: "utf8" }).sort() };
}

test.each(["gzip", "zstd", "none"] as const)("files, folders, links and modes come out of %s layers as they went in", async (compress) => {
  const { root, text } = await unpacked(
    [
      [{ path: "milvus/", folder: true }, { path: "milvus/bin/milvus", file: "x".repeat(100_000), mode: 0o4755 }, { path: "usr/lib/libgomp.so.1.0.0", file: "gomp" }, { path: "usr/lib/libgomp.so.1", symlink: "libgomp.so.1.0.0" }],
      [{ path: "lib", symlink: "/usr/lib" }, { path: "lib/late.so", file: "late" }, { path: "milvus/same", hardlink: "milvus/bin/milvus" }, { path: "dev/null", device: true }],
    ],
    compress,
  );
  expect(text("milvus/bin/milvus")).toHaveLength(100_000);
  expect(statSync(join(root, "milvus/bin/milvus")).mode & 0o7777).toBe(0o755);
  expect(text("usr/lib/libgomp.so.1")).toBe("gomp");
  // Meant from the image's own top, wherever that lies.
  expect(readlinkSync(join(root, "lib"))).toBe("usr/lib");
  expect(text("usr/lib/late.so")).toBe("late");
  expect(statSync(join(root, "milvus/same")).ino).toBe(statSync(join(root, "milvus/bin/milvus")).ino);
  expect(existsSync(join(root, "dev/null"))).toBe(false);
});

test("a higher layer takes away what a lower one had: one name, a whole folder, a file where a folder was", async () => {
  const { files, text } = await unpacked([
    [{ path: "a/one", file: "1" }, { path: "a/two", file: "2" }, { path: "b/old", file: "old" }, { path: "b/deep/old", file: "old" }, { path: "c/inner", file: "c" }],
    [{ path: "a/.wh.one", file: "" }, { path: "b/new", file: "new" }, { path: "b/.wh..wh..opq", file: "" }, { path: "c", file: "now a file" }],
  ]);
  expect(files()).toEqual(["a", "a/two", "b", "b/new", "c"]);
  expect(text("c")).toBe("now a file");
});

test.each<[string, LayerEntry[]]>([
  ["a name with ..", [{ path: "../outside", file: "x" }]],
  ["a name with .. in the middle", [{ path: "a/../../outside", file: "x" }]],
  ["a link with ..", [{ path: "link", symlink: "../outside" }]],
  ["a link over a link", [{ path: "a/b/", folder: true }, { path: "up", symlink: "a/b" }, { path: "a/b/out", symlink: "../../.." }]],
  ["a file behind a link that leads on", [{ path: "one/", folder: true }, { path: "one/two", symlink: ".." }, { path: "three", symlink: "one/two/.." }, { path: "three/outside", file: "x" }]],
  ["a hard link to what is not in it", [{ path: "passwd", hardlink: "../../../../etc/passwd" }]],
  ["a hard link over a link", [{ path: "etc", symlink: "/" }, { path: "x", hardlink: "etc/../../etc/passwd" }]],
  ["a whiteout of what is above", [{ path: ".wh...", file: "" }]],
])("%s is refused, and nothing is left", async (_, entries) => {
  const { image, root, outside, folder } = place();
  writeFileSync(outside, "untouched");
  const { digest } = writeImage(image, [layer(...entries)]);
  await expect(unpackImage(image, digest, root)).rejects.toMatchObject({ code: "kit-corrupt" });
  expect(readFileSync(outside, "utf8")).toBe("untouched");
  expect(readdirSync(folder).sort()).toEqual(["image", "outside"]);
});

test("an absolute name lies inside", async () => {
  const { text } = await unpacked([[{ path: "/etc/hello", file: "inside" }]]);
  expect(text("etc/hello")).toBe("inside");
});

test("one wrong byte anywhere, a missing part, a cut one and another image are refused before anything is used", async () => {
  const entries: LayerEntry[] = [{ path: "milvus/bin/milvus", file: "binary" }];
  const spoil: [string, (blobs: string[]) => void][] = [
    ...[0, 1, 2, 3, 4].map((index): [string, (blobs: string[]) => void] => [`byte of part ${index}`, (blobs) => flip(blobs[index]!)]),
    ["missing", (blobs) => rmSync(blobs[1]!)],
    ["cut", (blobs) => truncateSync(blobs[1]!, 10)],
  ];
  const outcomes: string[] = [];
  for (const [what, damage] of spoil) {
    const { image, root } = place();
    const { digest, blobs } = writeImage(image, [layer(...entries)]);
    damage(blobs);
    const code = await unpackImage(image, digest, root).then(() => "unpacked", (error: { code: string }) => error.code);
    outcomes.push(`${what}: ${code}${existsSync(root) ? ", there" : ""}`);
  }
  // The configuration and the part for another processor are never read.
  expect(outcomes.filter((line) => line.endsWith(", there"))).toEqual(["byte of part 0: unpacked, there", "byte of part 3: unpacked, there"]);
  expect(outcomes.filter((line) => line.endsWith(": kit-corrupt"))).toHaveLength(5);
  const { image, root } = place();
  writeImage(image, [layer(...entries)]);
  await expect(unpackImage(image, `sha256:${"0".repeat(64)}`, root)).rejects.toMatchObject({ code: "kit-corrupt", message: expect.stringContaining("not the one") });
});

test("a cancelled unpacking leaves nothing, and the next one is whole", async () => {
  const { image, root, folder } = place();
  const { digest } = writeImage(image, [layer({ path: "a", file: "1" }), layer({ path: "b", file: "2" })]);
  const cancel = new AbortController();
  await expect(unpackImage(image, digest, root, { signal: cancel.signal, onProgress: ({ done }) => done > 0 && cancel.abort() })).rejects.toMatchObject({ name: "AbortError" });
  expect(readdirSync(folder)).toEqual(["image"]);
  await unpackImage(image, digest, root);
  await unpackImage(image, digest, root);
  expect(lstatSync(join(root, "b")).isFile()).toBe(true);
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
}
