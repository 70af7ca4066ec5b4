import { readFileSync } from "node:fs";

/** Where the image's start script leaves the machine's own variables: a program started over SSH has none of them. */
const FILE = "/etc/rp_environment";
const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/;

export interface PodEnvironment {
  podId: string | null;
  /** The machine's own credential, which the provider made for it alone; never the account's. */
  key: string | null;
}

/** Read anew each time, and kept nowhere. */
export function podEnvironment(env: NodeJS.ProcessEnv = process.env): PodEnvironment {
  const found = new Map<string, string>();
  for (const line of textOf(env.RP_ENVIRONMENT ?? FILE).split("\n")) {
    const [, name, double, single, bare] = LINE.exec(line.trim()) ?? [];
    if (name !== undefined) found.set(name, double?.replaceAll(/\\(.)/g, "$1") ?? single ?? bare ?? "");
  }
  const valueOf = (name: string) => found.get(name) || env[name] || null;
  return { podId: valueOf("RUNPOD_POD_ID"), key: valueOf("RUNPOD_API_KEY") };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
