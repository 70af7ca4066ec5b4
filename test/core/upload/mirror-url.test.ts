import { expect, test } from "vitest";
import { mirrorUrlOfPart, parseMirrorUrl } from "../../../src/core/upload/mirror-url.ts";

const HF = "https://huggingface.co/TheBloke/Mistral-7B-Instruct-v0.2-GGUF";

test.each([
  [`${HF}/resolve/main/m.gguf?download=true`, `${HF}/resolve/main/m.gguf?download=true`],
  [`${HF}/blob/main/m.gguf#details`, `${HF}/resolve/main/m.gguf`],
  ["https://hf.co/datasets/a/b/blob/main/blob/m.gguf", "https://hf.co/datasets/a/b/resolve/main/blob/m.gguf"],
  ["https://mirror.example/a/b/blob/m.gguf", "https://mirror.example/a/b/blob/m.gguf"],
  ["https://mirror.example/ein Modell — ü.gguf", "https://mirror.example/ein%20Modell%20%E2%80%94%20%C3%BC.gguf"],
  ["http://127.0.0.1:8080/m.gguf", "http://127.0.0.1:8080/m.gguf"],
  ["http://[::1]:8080/m.gguf", "http://[::1]:8080/m.gguf"],
  ["http://localhost/m.gguf", "http://localhost/m.gguf"],
])("%s is asked for as %s", (text, url) => {
  expect(parseMirrorUrl(text)).toBe(url);
});

test.each([
  ["", /no web address/],
  ["m.gguf", /no web address/],
  ["file:///m.gguf", /no web address/],
  ["ftp://mirror.example/m.gguf", /begin with https/],
  ["http://mirror.example/m.gguf", /begin with https/],
  ["http://127.0.0.1.mirror.example/m.gguf", /begin with https/],
  ["https://ann:secret@mirror.example/m.gguf", /name or a password/],
  ["https://mirror.example", /names no file/],
])("%j is refused, and not repeated", (text, reason) => {
  expect(() => parseMirrorUrl(text)).toThrow(expect.objectContaining({ code: "input-invalid", message: expect.stringMatching(reason) }));
  expect(() => parseMirrorUrl(text)).not.toThrow(/secret/);
});

test("the files of a model lie beside each other", () => {
  expect(mirrorUrlOfPart(`${HF}/resolve/main/m-00001-of-00003.gguf?download=true`, "m-00002-of-00003.gguf")).toBe(`${HF}/resolve/main/m-00002-of-00003.gguf?download=true`);
  expect(mirrorUrlOfPart(`${HF}/resolve/main/m.gguf`, "m.gguf")).toBe(`${HF}/resolve/main/m.gguf`);
});
