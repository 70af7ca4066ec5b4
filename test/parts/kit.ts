import { execFileSync } from "node:child_process";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import type { Kit } from "../../src/contract/kit.ts";
import type { Progress } from "../../src/contract/progress.ts";
import { makeKit } from "../../src/main/host/kit.ts";

/** The Python that stands for a host's; null where this computer has none that the kit knows. */
export function hostPython(): { path: string; tag: string } | null {
  for (const name of ["python3", "python3.13", "python3.12", "python3.11", "python3.10"]) {
    try {
      const script = "import sys; print(sys.executable); print('cp%d%d' % sys.version_info[:2])";
      const [path, tag] = execFileSync(name, ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim().split("\n");
      if (/^cp31[0-3]$/.test(tag!)) return { path: path!, tag: tag! };
    } catch {
      // Not this one.
    }
  }
  return null;
}

/** The real kit for a Linux host without a graphics card, from the cache that all tests share. */
export function cpuKit(python: { tag: string } | null, onProgress?: (progress: Progress) => void): Promise<Kit> {
  return makeKit({ cacheDir: cacheFolder(), platform: "linux-x64", python: python === null ? null : { tag: python.tag }, gpu: "cpu", archives: true, onProgress });
}
