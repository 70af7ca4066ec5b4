import type { Import } from "./modules.ts";

/** The rooms of the house, and what each may lean on beside itself. */
const MAY_IMPORT: Record<string, string[]> = {
  "src/contract": [],
  "src/core": ["src/contract"],
  "src/adapters": ["src/core", "src/contract"],
  "src/main": ["src/adapters", "src/core", "src/contract", "remote/kit", "package.json"],
  "src/renderer": ["src/contract", "assets"],
  remote: ["src/contract"],
};

/** Packages and parts of Node that do not belong into a room, whoever asks for them. */
const FOREIGN: Record<string, RegExp> = {
  "src/contract": /^(?!(zod|@orpc\/contract)$)/,
  "src/core": /^(electron|ssh2|ws|hono|react|vite|@orpc\/.*|@hono\/.*|node:(https?|http2|net|tls|dgram|child_process))$/,
  "src/renderer": /^(electron|node:.*|ssh2|ws)$/,
};

const within = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`);

const roomOf = (file: string): string | undefined => Object.keys(MAY_IMPORT).find((room) => within(file, room));

/** One line for each import that goes against the direction of the house. */
export function findWrongImports(imports: Import[]): string[] {
  return imports.flatMap(({ from, to, ours }) => {
    const room = roomOf(from);
    if (room === undefined) return [];
    const allowed = ours ? [room, ...(MAY_IMPORT[room] ?? [])].some((folder) => within(to, folder)) : !FOREIGN[room]?.test(to);
    return allowed ? [] : [`${from} imports ${to}`];
  });
}

/** "src/core/upload/lanes.ts" → "src/core/upload"; "remote/llm/engine/engine.ts" → "remote/llm" */
const folderOf = (file: string): string => file.split("/").slice(0, file.startsWith("src/") ? 3 : 2).filter((part) => !part.includes(".")).join("/");

/** Folders that import each other, round whatever corners: each circle once, as "a → b → a". */
export function findCircles(imports: Import[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { from, to, ours } of imports) {
    const [a, b] = [folderOf(from), folderOf(to)];
    if (ours && a !== b && roomOf(to) !== undefined) edges.set(a, (edges.get(a) ?? new Set()).add(b));
  }
  const circles = new Map<string, string>();
  const walk = (path: string[]) => {
    for (const next of edges.get(path.at(-1) ?? "") ?? []) {
      const start = path.indexOf(next);
      if (start === -1) walk([...path, next]);
      else {
        const circle = path.slice(start);
        const first = circle.indexOf(circle.toSorted()[0] ?? "");
        const turned = [...circle.slice(first), ...circle.slice(0, first)];
        circles.set(turned.join(), [...turned, turned[0]].join(" → "));
      }
    }
  };
  for (const folder of edges.keys()) walk([folder]);
  return [...circles.values()];
}
