import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SERVER_SETTINGS } from "../milvus/server.ts";
import type { Progress } from "../../src/contract/progress.ts";
import type { BuildContext, LayerRecipe } from "./context.ts";
import { runProgram } from "./program.ts";

/** The real Milvus server as a Python package carries it: its program and libraries, compressed one by one. */
export interface KitMilvus {
  /** SHA-256 of the package. */
  sha256: string;
  /** Brings the package here, proven, and returns its path. */
  fetch(options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void }): Promise<string>;
  /** Command of a Python on this computer. */
  python(signal?: AbortSignal): Promise<readonly string[]>;
}

/** libresolv is a part of the C library, and must be the host's own. */
const UNPACK = `
import lzma, os, shutil, sys, zipfile
package, folder = sys.argv[1:]
os.makedirs(folder)
with zipfile.ZipFile(package) as packed:
    for name in packed.namelist():
        if not name.startswith('milvus/data/bin/') or not name.endswith('.lzma') or 'libresolv' in name:
            continue
        path = os.path.join(folder, os.path.basename(name)[:-len('.lzma')])
        with packed.open(name) as raw, lzma.open(raw) as source, open(path, 'xb') as target:
            shutil.copyfileobj(source, target, 1 << 20)
        os.chmod(path, 0o755)
        print(os.path.basename(path), flush=True)
`;

/** The course store as the real server, for Linux on x86-64. */
export function milvusLayer({ signal, onProgress }: BuildContext, milvus: KitMilvus): LayerRecipe {
  return {
    inputs: async () => JSON.stringify([milvus.sha256, UNPACK, SERVER_SETTINGS]),
    async build(folder) {
      const wheel = await milvus.fetch({ signal, onProgress });
      let done = 0;
      const onLine = (file: string) => onProgress?.({ done: ++done, total: null, unit: "files", rate: null, etaSeconds: null, detail: `Course store: unpacking ${file}` });
      await runProgram([...(await milvus.python(signal)), "-c", UNPACK, wheel, folder], { purpose: "Unpacking the course store", advice: "Install Python 3 on this computer, then press Retry.", signal, onLine });
      await mkdir(join(folder, "settings"));
      for (const [name, content] of Object.entries(SERVER_SETTINGS)) await writeFile(join(folder, "settings", name), content);
    },
  };
}
