import { join } from "node:path";

/** What decides how a window can be opened; a test hands in its own. */
export interface Surroundings {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  /** Chromium does not start its sandbox for root. */
  isRoot: boolean;
  /** The clone's or the app's folder. */
  root: string;
  exists(path: string): boolean;
  read(path: string): string | null;
  /** Full path of a program on the PATH, links resolved. */
  find(program: string): string | null;
}

/** One way to open the window. `address` goes in the place of `ADDRESS`. */
export interface Opening {
  kind: "electron" | "app" | "browser";
  argv: [string, ...string[]];
  /** "Chromium as an app", for people. */
  name: string;
}

export interface Plan {
  /** Best first. */
  openings: Opening[];
  /** Why the better ways are not taken, in plain words. */
  because: string[];
}

export const ADDRESS = "{address}";

/** Electron where its binary and a display exist, else an installed Chromium, Chrome or Edge as an app, else the default browser. */
export function planOpenings(surroundings: Surroundings, profile: string): Plan {
  const { platform, env } = surroundings;
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY) return { openings: [], because: ["this computer has no display"] };
  const because: string[] = [];
  const openings: Opening[] = [];

  const electron = findElectron(surroundings);
  if (typeof electron === "string") because.push(electron);
  else openings.push(electron);

  const app = findAppBrowser(surroundings, profile);
  if (app === null) because.push("no Chromium, Chrome or Edge was found");
  else openings.push(app);

  const browser = findDefaultBrowser(surroundings);
  if (browser === null) because.push("no default browser was found");
  else openings.push(browser);
  return { openings, because };
}

function findElectron({ root, exists, read, isRoot, platform }: Surroundings): Opening | string {
  const folder = join(root, "node_modules/electron");
  const binary = read(join(folder, "path.txt"))?.trim();
  if (binary === undefined || binary === "" || !exists(join(folder, "dist", binary))) return "Electron's own program has not been downloaded";
  if (!exists(join(root, "dist/electron/main.mjs"))) return "the Electron shell has not been built";
  const sandbox = isRoot && platform === "linux" ? ["--no-sandbox"] : [];
  return { kind: "electron", name: "the app's own window (Electron)", argv: [join(folder, "dist", binary), ...sandbox, root] };
}

interface Browser {
  name: string;
  linux: string[];
  mac: string;
  windows: string;
}

const BROWSERS: Browser[] = [
  { name: "Chromium", linux: ["chromium", "chromium-browser"], mac: "Chromium.app/Contents/MacOS/Chromium", windows: "Chromium/Application/chrome.exe" },
  { name: "Chrome", linux: ["google-chrome", "google-chrome-stable"], mac: "Google Chrome.app/Contents/MacOS/Google Chrome", windows: "Google/Chrome/Application/chrome.exe" },
  { name: "Edge", linux: ["microsoft-edge", "microsoft-edge-stable"], mac: "Microsoft Edge.app/Contents/MacOS/Microsoft Edge", windows: "Microsoft/Edge/Application/msedge.exe" },
];

function findAppBrowser(surroundings: Surroundings, profile: string): Opening | null {
  for (const browser of BROWSERS) {
    const program = programOf(browser, surroundings);
    if (program === null) continue;
    const sandbox = surroundings.isRoot && surroundings.platform === "linux" ? ["--no-sandbox"] : [];
    return { kind: "app", name: `${browser.name} as an app`, argv: [program, `--app=${ADDRESS}`, `--user-data-dir=${profile}`, "--no-first-run", "--no-default-browser-check", ...sandbox] };
  }
  return null;
}

function programOf({ linux, mac, windows }: Browser, { platform, env, exists, find }: Surroundings): string | null {
  if (platform === "darwin") return ["/Applications", `${env.HOME ?? ""}/Applications`].map((folder) => `${folder}/${mac}`).find(exists) ?? null;
  if (platform === "win32") {
    const folders = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA].filter((folder) => folder !== undefined);
    return folders.map((folder) => join(folder, windows)).find(exists) ?? null;
  }
  // A snap may not read a profile among the user's hidden folders, so it cannot be given its own.
  return linux.map(find).find((path) => path !== null && !/\/snap(d)?\b/.test(path)) ?? null;
}

function findDefaultBrowser({ platform, find }: Surroundings): Opening | null {
  const name = "the default browser";
  if (platform === "darwin") return { kind: "browser", name, argv: ["open", ADDRESS] };
  if (platform === "win32") return { kind: "browser", name, argv: ["rundll32", "url.dll,FileProtocolHandler", ADDRESS] };
  const open = find("xdg-open");
  return open === null ? null : { kind: "browser", name, argv: [open, ADDRESS] };
}
