import { expect, test } from "vitest";
import { open } from "../../../src/main/web/open.ts";
import { planOpenings, type Surroundings } from "../../../src/main/web/openings.ts";

const ROOT = "/app";
const ELECTRON = ["/app/node_modules/electron/dist/electron", "/app/dist/electron/main.mjs"];

function surroundings({ files = [] as string[], programs = {} as Record<string, string>, ...rest }: Partial<Surroundings> & { files?: string[]; programs?: Record<string, string> }): Surroundings {
  return {
    platform: "linux",
    env: { DISPLAY: ":0" },
    isRoot: false,
    root: ROOT,
    exists: (path) => files.includes(path),
    read: (path) => (path.endsWith("path.txt") && files.includes(ELECTRON[0] ?? "") ? "electron" : null),
    find: (program) => programs[program] ?? null,
    ...rest,
  };
}

const plan = (about: Parameters<typeof surroundings>[0]) => planOpenings(surroundings(about), "/data/window");
const kinds = (about: Parameters<typeof surroundings>[0]) => plan(about).openings.map(({ kind }) => kind);
const both = { chromium: "/usr/bin/chromium", "xdg-open": "/usr/bin/xdg-open" };

test("Electron first, then a browser as an app, then the default browser", () => {
  expect(kinds({ files: ELECTRON, programs: both })).toEqual(["electron", "app", "browser"]);
});

test("what is missing is left out, and said", () => {
  expect(plan({ programs: both })).toMatchObject({ openings: [{ kind: "app" }, { kind: "browser" }], because: ["Electron's own program has not been downloaded"] });
  expect(plan({ files: ELECTRON.slice(0, 1), programs: {} })).toEqual({ openings: [], because: ["the Electron shell has not been built", "no Chromium, Chrome or Edge was found", "no default browser was found"] });
});

test("without a display nothing is tried", () => {
  expect(plan({ env: {}, files: ELECTRON, programs: both })).toEqual({ openings: [], because: ["this computer has no display"] });
  expect(kinds({ env: { WAYLAND_DISPLAY: "wayland-0" }, programs: both })).toEqual(["app", "browser"]);
});

test("the browser as an app has its own profile, and as root no sandbox", () => {
  const words = (isRoot: boolean) => plan({ isRoot, programs: both }).openings[0]?.argv;
  expect(words(false)).toEqual(["/usr/bin/chromium", "--app={address}", "--user-data-dir=/data/window", "--no-first-run", "--no-default-browser-check"]);
  expect(words(true)).toContain("--no-sandbox");
});

test("a snap's browser is left to the system", () => {
  expect(kinds({ programs: { ...both, chromium: "/snap/bin/chromium" } })).toEqual(["browser"]);
  expect(kinds({ programs: { ...both, chromium: "/usr/bin/snap" } })).toEqual(["browser"]);
});

test("macOS and Windows", () => {
  const chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  expect(plan({ platform: "darwin", env: { HOME: "/Users/ann" }, files: [chrome] }).openings.map(({ argv }) => argv[0])).toEqual([chrome, "open"]);
  const edge = "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe";
  const windows = plan({ platform: "win32", env: { "ProgramFiles(x86)": "C:/Program Files (x86)" }, files: [edge] }).openings;
  expect(windows.map(({ argv }) => argv[0])).toEqual([edge, "rundll32"]);
});

test("a window that fails at once has not opened; one that stays or hands over has", async () => {
  const opening = (script: string) => ({ kind: "app" as const, name: "test", argv: [process.execPath, "-e", script, "{address}"] as [string, ...string[]] });
  expect(await open(opening("process.exit(1)"), "x", 30_000)).toBe(false);
  expect(await open(opening("process.exit(process.argv[1] === 'x' ? 0 : 1)"), "x", 30_000)).toBe(true);
  expect(await open(opening("setTimeout(() => {}, 1500)"), "x", 200)).toBe(true);
  expect(await open({ kind: "app", name: "test", argv: ["/no/such/program"] }, "x", 30_000)).toBe(false);
});
