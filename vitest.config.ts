import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/count-reporter.ts";

/** Real parts on a loaded machine of two cores: patient limits, two files at a time. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    pool: "forks",
    maxWorkers: 2,
    fileParallelism: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    allowOnly: false,
    reporters: ["default", new CountReporter()],
  },
});
