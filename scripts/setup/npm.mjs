import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { SetupError, runCommand } from "./command.mjs";

/**
 * The words that start npm without a shell: npm's own script under the running Node where it can be
 * found, since on Windows `npm` itself is a batch file.
 * @returns {[string, ...string[]]}
 */
export function npmCommand({ env = process.env, execPath = process.execPath, platform = process.platform } = {}) {
  const beside = dirname(execPath);
  const scripts = [env.npm_execpath, join(beside, "node_modules/npm/bin/npm-cli.js"), join(beside, "../lib/node_modules/npm/bin/npm-cli.js")];
  const script = scripts.find((path) => path !== undefined && /npm-cli\.[cm]?js$/.test(path) && existsSync(path));
  if (script !== undefined) return [execPath, script];
  return platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", "npm.cmd"] : ["npm"];
}

/** Throws a SetupError where there is no npm. */
export async function requireNpm() {
  try {
    await runCommand("Look for npm", [...npmCommand(), "--version"]);
  } catch (error) {
    throw new SetupError("npm was not found.", { advice: "Install Node with npm (nodejs.org, or your system's packages `nodejs` and `npm`), open a new terminal and run this again.", lines: error.lines });
  }
}
