import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/count-reporter.ts";

/** Real parts on a loaded machine of two cores: patient limits. */
const PATIENT = { pool: "forks", testTimeout: 60_000, hookTimeout: 60_000, teardownTimeout: 20_000, allowOnly: false, expect: { poll: { timeout: 20_000 } } } as const;

/**
 * First the rooms, two files at a time; then whole sessions, one after the other: each of them
 * loads a model, and two models on two cores only get in each other's way.
 */
export default defineConfig({
  test: {
    reporters: ["default", new CountReporter()],
    projects: [
      { test: { ...PATIENT, name: "rooms", include: ["test/**/*.test.{ts,tsx}"], exclude: ["test/e2e/**"], maxWorkers: 2, sequence: { groupOrder: 0 } } },
      // A test that failed stops its session in a hook.
      { test: { ...PATIENT, hookTimeout: 180_000, name: "sessions", include: ["test/e2e/**/*.test.ts"], maxWorkers: 1, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
