import { expect, test } from "vitest";
import { findCircles, findWrongImports } from "./direction.ts";
import { importsOf, listFiles, readSource } from "./modules.ts";

/** How a part is built is told to Vite under Node, and is no part of it. */
const isBuildFile = (file: string) => file.endsWith("/vite.config.ts");

const house = listFiles(["src", "remote"])
  .filter((file) => !isBuildFile(file))
  .flatMap((file) => importsOf(file, readSource(file)));

test("imports go contract ← core ← adapters ← main, renderer → contract, remote → contract", () => {
  expect(findWrongImports(house)).toEqual([]);
});

test("no two folders lean on each other", () => {
  expect(findCircles(house)).toEqual([]);
});

test.each([
  ["src/contract/a.ts", 'import { x } from "../core/ports.ts";'],
  ["src/contract/a.ts", 'import { readFile } from "node:fs/promises";'],
  ["src/core/upload/a.ts", 'import type { X } from "../../adapters/ssh/x.ts";'],
  ["src/core/upload/a.ts", 'import { Client } from "ssh2";'],
  ["src/core/upload/a.ts", 'const { get } = await import("node:http");'],
  ["src/adapters/ssh/a.ts", 'export { x } from "../../main/host/x.ts";'],
  ["src/main/cli/a.ts", 'type X = import("../../renderer/x.tsx").X;'],
  ["src/main/cli/a.ts", 'export * from "../../../remote/llm/server.ts";'],
  ["src/renderer/a.tsx", 'import { x } from "../core/ports.ts"; const a = <b />;'],
  ["remote/llm/a.ts", 'import { x } from "../../src/core/ports.ts";'],
  ["remote/llm/a.ts", 'const x = require("../../src/core/ports.ts");'],
])("a wrong import in %s is found: %s", (file, text) => {
  expect(findWrongImports(importsOf(file, text))).toHaveLength(1);
});

test.each([
  ["src/contract/a.ts", 'import { z } from "zod"; import { y } from "./b.ts";'],
  ["src/core/upload/a.ts", 'import { y } from "../ports.ts"; import { z } from "../../contract/cli.ts"; import { join } from "node:path";'],
  ["src/main/cli/a.ts", 'import { y } from "../../adapters/ssh/x.ts"; import { build } from "../../../remote/kit/build.ts";'],
  ["remote/llm/a.ts", 'import { y } from "../api/x.ts"; import { z } from "../../src/contract/agent.ts";'],
])("a right import in %s passes: %s", (file, text) => {
  expect(findWrongImports(importsOf(file, text))).toEqual([]);
});

test("a circle of folders is found, however long", () => {
  const imports = [
    ...importsOf("src/core/a/one.ts", 'import "../b/two.ts";'),
    ...importsOf("src/core/b/two.ts", 'import type { X } from "../c/three.ts";'),
    ...importsOf("src/core/c/three.ts", 'import "../a/one.ts";'),
  ];
  expect(findCircles(imports)).toEqual(["src/core/a → src/core/b → src/core/c → src/core/a"]);
});
