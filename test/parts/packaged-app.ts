import { createPackage, extractAll } from "@electron/asar";
import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageApp } from "../../scripts/package.mjs";
import { builtWindow } from "../renderer/window.ts";

/** Stands before the fuses in Electron's binary; one byte for the version and one for their number follow. */
const FUSE_WIRE = Buffer.concat([Buffer.from("dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX"), Buffer.from([1, 8]), Buffer.from("10110001")]);

/** A folder that electron-builder takes for an unpacked Electron for Linux; its program does nothing. */
export async function standInElectron(folder: string, { fuses }: { fuses: boolean }): Promise<string> {
  const program = join(folder, "electron");
  await mkdir(join(folder, "locales"), { recursive: true });
  await mkdir(join(folder, "resources"));
  await mkdir(`${folder}-default`);
  await writeFile(join(`${folder}-default`, "main.js"), "");
  await createPackage(`${folder}-default`, join(folder, "resources", "default_app.asar"));
  await writeFile(program, fuses ? Buffer.concat([Buffer.from("#!/bin/true\n"), FUSE_WIRE, Buffer.from("\n")]) : "#!/bin/true\n");
  await chmod(program, 0o755);
  await writeFile(join(folder, "version"), "45.4.1");
  for (const name of ["LICENSE", "LICENSES.chromium.html", "locales/en-US.pak"]) await writeFile(join(folder, name), name);
  return folder;
}

/** Packages the app as `npm run package -- --dir` does, into a folder of its own. Returns where the app lies. */
export async function packageInto(folder: string, electronDist: string): Promise<string> {
  await builtWindow();
  await packageApp(["--linux", "--x64", "--dir", `-c.directories.output=${join(folder, "release")}`], { node: process.execPath, electronDist, progress: { step: (_title, work) => work() } });
  return join(folder, "release", "linux-unpacked");
}

/**
 * The resources of a packaged app once more, with a folder in the place of app.asar, since only
 * Electron's Node reads into an archive.
 */
export async function withoutArchive(resources: string, folder: string): Promise<string> {
  await mkdir(folder);
  extractAll(join(resources, "app.asar"), join(folder, "app.asar"));
  for (const name of await readdir(resources)) if (!name.startsWith("app.asar")) await symlink(join(resources, name), join(folder, name));
  return folder;
}

/** The fuses of a packaged program, in Electron's order: "0" off, "1" on. */
export function fusesOf(program: Buffer): string {
  const wire = program.indexOf(FUSE_WIRE.subarray(0, 32)) + 34;
  return program.subarray(wire, wire + 8).toString("latin1");
}
