import { copyFile, cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MentorError } from "../../src/contract/errors.ts";
import type { BuildContext, LayerRecipe } from "./context.ts";
import { locked, packageFolder } from "./npm-package.ts";
import { sha256 } from "./verify.ts";

/** Node itself, and the program that verifies the other layers with it. */
export function nodeLayer(context: BuildContext): LayerRecipe {
  const { platform, project } = context;
  const [os, cpu] = platform.split("-");
  const name = `node-${os === "win32" ? "win" : os}-${cpu}`;
  const lockFile = join(project, "package-lock.json");
  const verifier = join(project, "remote", "kit", "verify.ts");
  const program = os === "win32" ? "node.exe" : "node";
  return {
    async inputs() {
      const pin = await locked(lockFile, name);
      return JSON.stringify([pin?.integrity ?? ownNode(context), await sha256(verifier)]);
    },
    async build(folder) {
      const pinned = (await locked(lockFile, name)) !== undefined;
      await mkdir(folder, { recursive: true });
      const source = pinned ? join(await packageFolder(lockFile, name, context), "bin", program) : process.execPath;
      await cp(source, join(folder, program), { dereference: true, mode: 0 });
      await copyFile(verifier, join(folder, "verify.ts"));
    },
  };
}

/** Where no package serves the platform, the Node that runs us goes along, for this computer only. */
function ownNode({ platform }: BuildContext): string {
  const fits = platform === `${process.platform}-${process.arch}` && Number(process.versions.node.split(".")[0]) >= 24 && process.versions.electron === undefined;
  if (!fits) throw new MentorError("kit-unavailable", `There is no Node package for ${platform}.`, { advice: "Install Node.js 24 or newer, then press Retry." });
  return `${process.execPath} ${process.version}`;
}
