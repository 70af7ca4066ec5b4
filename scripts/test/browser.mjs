import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];
const APPLICATIONS = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/**
 * Full path of a Chromium or Chrome that really runs, or null: the one the person names
 * (CHROMIUM_PATH), an installed one, or the one that Playwright fetched. Ubuntu's `chromium` is
 * often a stub that only asks for a snap.
 */
export function findBrowser(env = process.env) {
  const onPath = NAMES.flatMap((name) => (env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)));
  const candidates = [env.CHROMIUM_PATH ?? "", ...onPath, ...APPLICATIONS, ...fetchedByPlaywright(env)];
  return candidates.find((path) => path !== "" && existsSync(path) && spawnSync(path, ["--version"], { stdio: "ignore", timeout: 30_000 }).status === 0) ?? null;
}

function fetchedByPlaywright(env) {
  const store = env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), process.platform === "darwin" ? "Library/Caches/ms-playwright" : ".cache/ms-playwright");
  if (!existsSync(store)) return [];
  return readdirSync(store)
    .filter((name) => /^chromium-\d+$/.test(name))
    .flatMap((name) => ["chrome-linux64/chrome", "chrome-linux/chrome", "chrome-mac/Chromium.app/Contents/MacOS/Chromium"].map((path) => join(store, name, path)));
}
