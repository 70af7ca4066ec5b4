import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERRORS } from "../../src/contract/errors.ts";
import { ROOT, listFiles, readSource } from "./modules.ts";

/** Files of the product past 300 lines, each with the reason why it is one noun all the same. */
const LONG_FILES: Record<string, string> = {
  "src/renderer/strings/en.ts": "every word of a language is in one place, where a translator finds it",
  "src/renderer/strings/de.ts": "the same words in German, key by key",
  "src/adapters/runpod/api-types.ts": "generated from the API's description, in one piece",
};

const CODE = /\.(ts|tsx|mjs|css)$/;

test("a file past 300 lines has a reason", () => {
  const long = listFiles(["src", "remote", "scripts", "bin"], CODE).filter((file) => readSource(file).split("\n").length > 301);
  expect(long.filter((file) => !(file in LONG_FILES))).toEqual([]);
  expect(Object.keys(LONG_FILES).filter((file) => !long.includes(file))).toEqual([]);
});

test.each(["package-lock.json", "remote/package-lock.json", "scripts/runpod-types/package-lock.json"])("%s fits every registry: it names none, and every package is pinned by its hash", (file) => {
  const text = readSource(file);
  expect(text).not.toContain('"resolved"');
  const { packages } = JSON.parse(text) as { packages: Record<string, { version?: string; integrity?: string; link?: boolean }> };
  const loose = Object.entries(packages).filter(([path, { version, integrity, link }]) => path !== "" && !link && (version === undefined || integrity === undefined));
  expect(loose.map(([path]) => path)).toEqual([]);
});

test("dependencies are pinned exactly", () => {
  const versions = ["package.json", "remote/package.json", "scripts/runpod-types/package.json"].flatMap((file) => {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = JSON.parse(readSource(file)) as Record<string, Record<string, string>>;
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  });
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test("every code of an error is used, and met in a test", () => {
  const mentions = (files: string[]) => {
    const text = files.map(readSource).join("\n");
    return (code: string) => new RegExp(`["'\`]${code}["'\`]`).test(text);
  };
  const used = mentions(listFiles(["src", "remote"]).filter((file) => file !== "src/contract/errors.ts"));
  const tested = mentions(listFiles(["test"]));
  expect({ unused: Object.keys(ERRORS).filter((code) => !used(code)), untested: Object.keys(ERRORS).filter((code) => !tested(code)) }).toEqual({ unused: [], untested: [] });
});

test("no test is switched off, and nothing is left for later", () => {
  const files = listFiles(["src", "remote", "scripts", "bin", "test"], CODE).filter((file) => !file.startsWith("test/house/"));
  const found = (pattern: RegExp) => files.filter((file) => pattern.test(readSource(file)));
  expect(found(/\b(test|it|describe)\.(skip|only|todo)\b/)).toEqual([]);
  expect(found(/\b(TODO|FIXME|XXX)\b/)).toEqual([]);
});

test("every script that package.json calls is there", () => {
  const { scripts } = JSON.parse(readSource("package.json")) as { scripts: Record<string, string> };
  const called = Object.values(scripts).flatMap((line) => line.match(/\b(scripts|src)\/\S+\.(mjs|ts)\b/g) ?? []);
  expect(called.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
