import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { copyTree } from "./copy.ts";
import { copyEngine } from "./engine-layer.ts";
import { buildServices } from "./services-layer.ts";

/** Files that the kit's build reads, by their place in the project. */
const READ_BY_THE_BUILD = ["package.json", "package-lock.json", "remote/package.json", "remote/package-lock.json", "remote/kit/requirements.txt", "remote/kit/verify.ts", "remote/receiver/receiver.py", "remote/receiver/mirror.py"];

/**
 * Fills a folder that stands for the project where the app is installed: the services are bundled
 * here, because the bundler is not part of the app, and the engine's packages come along without
 * their compiled binaries, which are fetched for each kind of host.
 */
export async function shipProject(project: string, folder: string): Promise<void> {
  for (const path of READ_BY_THE_BUILD) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(project, path), join(folder, path));
  }
  await copyTree(join(project, "assets", "practice-course"), join(folder, "assets", "practice-course"));
  await copyEngine(join(project, "remote", "node_modules"), join(folder, "remote", "node_modules"));
  await buildServices(project, join(folder, "remote", "services"));
}

if (import.meta.main) await shipProject(process.argv[2]!, process.argv[3]!);
