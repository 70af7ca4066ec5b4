import { readFileSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync, Visitor } from "vite";

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "../..");

export interface Import {
  /** Who imports, from the root, with forward slashes. */
  from: string;
  /** The file that is imported, from the root; or the name of a package or of a part of Node. */
  to: string;
  ours: boolean;
}

const SOURCE = /\.(ts|tsx|mts|cts)$/;

/** All files of our own under the folders, from the root, with forward slashes. */
export function listFiles(folders: string[], pattern: RegExp = SOURCE): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && pattern.test(entry.name))
      .map((entry) => posix.join(entry.parentPath.slice(ROOT.length + 1).replaceAll("\\", "/"), entry.name))
      .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file)),
  );
}

export const readSource = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** Every import of a file, of values and of types alike, in whatever form it is written. */
export function importsOf(file: string, text: string): Import[] {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const names: string[] = [];
  const add = (source: unknown) => {
    const { value } = (source ?? {}) as { value?: unknown };
    if (typeof value === "string") names.push(value);
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: (node) => {
      if (node.callee.type === "Identifier" && node.callee.name === "require") add(node.arguments[0]);
    },
  }).visit(program);
  return names.map((name) => ({ from: file, to: name.startsWith(".") ? posix.join(posix.dirname(file), name) : name, ours: name.startsWith(".") }));
}
