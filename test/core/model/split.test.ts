import { expect, test } from "vitest";
import { groupParts } from "../../../src/core/model/split.ts";

test("parts of a model are one group, in order, whatever order they were found in", () => {
  expect(groupParts(["m/big-00002-of-00003.gguf", "small.gguf", "m/big-00003-of-00003.gguf", "m/big-00001-of-00003.gguf"])).toEqual([
    { file: "m/big-00001-of-00003.gguf", parts: ["m/big-00001-of-00003.gguf", "m/big-00002-of-00003.gguf", "m/big-00003-of-00003.gguf"], missing: [] },
    { file: "small.gguf", parts: ["small.gguf"], missing: [] },
  ]);
});

test("missing parts are named", () => {
  expect(groupParts(["m/big-00002-of-00003.gguf"])).toEqual([
    { file: "m/big-00002-of-00003.gguf", parts: ["m/big-00002-of-00003.gguf"], missing: ["big-00001-of-00003.gguf", "big-00003-of-00003.gguf"] },
  ]);
});

test("the same name in two folders is two models", () => {
  expect(groupParts(["a/m-00001-of-00002.gguf", "b/m-00002-of-00002.gguf"]).map(({ missing }) => missing.length)).toEqual([1, 1]);
});

test("numbers that make no sense are just a name", () => {
  for (const name of ["m-00000-of-00002.gguf", "m-00003-of-00002.gguf", "m-00001-of-99999.gguf", "m-00001-of-00000.gguf"]) {
    expect(groupParts([name])).toEqual([{ file: name, parts: [name], missing: [] }]);
  }
});

test("names with line breaks, quotes and other alphabets are grouped too", () => {
  const stem = "a\n'b' \"c\" -модель";
  expect(groupParts([`${stem}-00001-of-00002.gguf`, `${stem}-00002-of-00002.gguf`])).toHaveLength(1);
});
