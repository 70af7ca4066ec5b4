import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line of counts, or hands them to scripts/test.mjs, which adds its own checks. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that does not even load has no tests; it must not pass unseen.
    const brokenFiles = modules.filter((module) => module.state() === "failed" && ![...module.children.allTests("failed")].length).length;
    const counts = { passed: count("passed"), failed: count("failed") + brokenFiles + unhandledErrors.length, skipped: count("skipped") };
    const file = process.env.AI_MENTOR_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
    else process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}
