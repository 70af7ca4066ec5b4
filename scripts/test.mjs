#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, handOver } from "./setup/hand-over.mjs";
import { createProgress } from "./setup/progress.mjs";
import { ROOT, runScript, setup } from "./setup.mjs";
import { findBrowser } from "./test/browser.mjs";
import { findLeftovers } from "./test/leftovers.mjs";
import { requireSystemPackages } from "./test/system-packages.mjs";

const module = (path) => join(ROOT, "node_modules", path);

/** What a process may take to go after its test has ended. Milliseconds. */
const GRACE = 5_000;

/**
 * Type check, lint, all tests, and a look for processes that the tests left behind. The last line
 * counts them: `N passed, N failed, N skipped`, where each check that fails is one failure.
 */
await runScript(import.meta.url, async (args) => {
  const { node } = await setup();
  await requireSystemPackages(createProgress(), { playwright: [node, module("@playwright/test/cli.js")] });
  const long = args.includes("--long");
  const wanted = args.filter((word) => word !== "--long");
  const run = (argv, env = {}) => handOver([node, ...argv], { cwd: ROOT, env: { ...environment(ROOT, node), ...env } });

  let failedChecks = 0;
  const check = async (title, argv) => {
    if ((await run(argv)) === 0) return process.stdout.write(`${title}: clean\n`);
    process.stdout.write(`✗ ${title} found what stands above\n`);
    failedChecks += 1;
  };
  await check("Type check", [module("typescript/bin/tsc"), "--noEmit", "-p", "tsconfig.json"]);
  await check("Type check of the window", [module("typescript/bin/tsc"), "--noEmit", "-p", "src/renderer/tsconfig.json"]);
  await check("Lint", [module("oxlint/bin/oxlint"), "--deny-warnings"]);

  const browser = findBrowser();
  // A short name: Unix sockets inside it may have 107 characters at most.
  const temporary = mkdtempSync(join(realpathSync(tmpdir()), "aim-"));
  const mark = `AI_MENTOR_TEST_RUN=${randomBytes(8).toString("hex")}`;
  const counts = join(temporary, "counts.json");
  const exit = await run([module("vitest/vitest.mjs"), "run", ...wanted], {
    TMPDIR: temporary,
    ...(browser === null ? {} : { CHROMIUM_PATH: browser }),
    AI_MENTOR_TEST_RUN: mark.split("=")[1],
    AI_MENTOR_TEST_COUNTS: counts,
    ...(long ? { AI_MENTOR_LONG: "1" } : {}),
  });
  const { passed, failed, skipped } = readCounts(counts);
  const left = await leftBehind([mark, temporary]);
  for (const { pid, command } of left) {
    process.stdout.write(`✗ Left behind by a test: process ${pid}, ${command.slice(0, 300)}\n`);
    process.kill(pid, "SIGKILL");
  }
  rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });

  const failures = failed + failedChecks + left.length;
  // vitest can fail without a failed test: an error outside of every test, or no test at all.
  const total = failures === 0 && exit !== 0 ? 1 : failures;
  process.stdout.write(`\n${passed} passed, ${total} failed, ${skipped} skipped\n`);
  return total === 0 ? 0 : exit >= 128 ? exit : 1;
});

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

async function leftBehind(marks) {
  for (const until = Date.now() + GRACE; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 200))) {
    if (findLeftovers(marks).length === 0) return [];
  }
  return findLeftovers(marks);
}
