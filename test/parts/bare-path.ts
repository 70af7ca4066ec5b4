import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes a PATH in `folder` with the usual tools and no Python; returns it. */
export function pathWithoutPython(folder: string): string {
  const bin = join(folder, "bin without python");
  mkdirSync(bin, { recursive: true });
  for (const tool of ["sh", "dd", "sha256sum", "stat", "df", "tail", "cat", "mkdir", "mv", "sync", "head", "dirname", "chmod", "rm", "kill"]) {
    const path = ["/bin", "/usr/bin"].map((place) => join(place, tool)).find(existsSync);
    if (path) writeFileSync(join(bin, tool), `#!/bin/sh\nexec ${path} "$@"\n`, { mode: 0o755 });
  }
  return bin;
}
