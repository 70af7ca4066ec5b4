import { expect, test } from "vitest";
import { parseMilvusImage } from "../../src/contract/milvus-image.ts";
import { MILVUS_IMAGE } from "../../src/contract/milvus.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each([
  ["/media/stick/milvus", { ...MILVUS_IMAGE, folder: "/media/stick/milvus" }],
  [`/media/stick/milvus@${DIGEST}`, { ...MILVUS_IMAGE, digest: DIGEST, folder: "/media/stick/milvus" }],
  ["E:\\milvus", { ...MILVUS_IMAGE, folder: "E:\\milvus" }],
  ["registry.example/milvusdb/milvus", { ...MILVUS_IMAGE, name: "registry.example/milvusdb/milvus" }],
  [`localhost:5000/milvus@${DIGEST}`, { name: "localhost:5000/milvus", digest: DIGEST }],
])("%s", (text, image) => {
  expect(parseMilvusImage(text)).toEqual(image);
});

test.each(["milvus", "milvusdb/milvus", "registry.example/milvus:v3.0.4", "registry.example/milvus@sha256:12", "--insecure", "http://registry.example/milvus", "registry.example/../milvus", ""])("“%s” is no image that could be pinned", (text) => {
  expect(() => parseMilvusImage(text)).toThrow(expect.objectContaining({ code: "input-invalid" }));
});
