import { builtinModules } from "node:module";
import { defineConfig } from "vite";

/**
 * What is not bundled: native packages, which are loaded from real files; ws' native helpers, which
 * it does without; and the bundler itself, which `remote/kit` loads where there are sources.
 */
const EXTERNAL = ["electron", "ssh2", "drivelist", "bufferutil", "utf-8-validate", "vite", ...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/**
 * One bundle each for the main process, for the thread that it starts from a file beside its own,
 * and for the preload, as CommonJS, because a sandboxed preload cannot be anything else.
 * `AI_MENTOR_BUNDLE` says which.
 */
const BUNDLES = {
  main: { ssr: "src/main/electron/main.ts", format: "es", name: "main.mjs" },
  "hash-worker": { ssr: "src/core/upload/hash-worker.ts", format: "es", name: "hash-worker.mjs" },
  preload: { ssr: "src/main/electron/preload.ts", format: "cjs", name: "preload.cjs" },
} as const;
const { ssr, format, name } = BUNDLES[process.env.AI_MENTOR_BUNDLE as keyof typeof BUNDLES];

export default defineConfig({
  logLevel: "warn",
  ssr: { noExternal: true, external: EXTERNAL },
  build: {
    ssr,
    outDir: "dist/electron",
    emptyOutDir: false,
    target: "node24",
    minify: false,
    rolldownOptions: {
      external: EXTERNAL,
      output: { format, entryFileNames: name, codeSplitting: false },
    },
  },
});
