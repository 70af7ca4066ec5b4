import { builtinModules } from "node:module";
import { defineConfig } from "vite";

/**
 * What is not bundled: native packages, which are loaded from real files; ws' native helpers, which
 * it does without; and the bundler itself, which `remote/kit` loads where there are sources.
 */
const EXTERNAL = ["electron", "ssh2", "drivelist", "bufferutil", "utf-8-validate", "vite", ...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/**
 * Two bundles: the main process as an ES module, and the preload as CommonJS, because a sandboxed
 * preload cannot be anything else. `AI_MENTOR_BUNDLE` says which.
 */
const preload = process.env.AI_MENTOR_BUNDLE === "preload";

export default defineConfig({
  logLevel: "warn",
  ssr: { noExternal: true, external: EXTERNAL },
  build: {
    ssr: preload ? "src/main/electron/preload.ts" : "src/main/electron/main.ts",
    outDir: "dist/electron",
    emptyOutDir: false,
    target: "node24",
    minify: false,
    rolldownOptions: {
      external: EXTERNAL,
      output: { format: preload ? "cjs" : "es", entryFileNames: preload ? "preload.cjs" : "main.mjs", codeSplitting: false },
    },
  },
});
