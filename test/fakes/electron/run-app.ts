import { registerHooks } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { connectCore } from "../../../src/main/host/client.ts";
import { app, becomeReady, windowOpened } from "./electron.ts";

/**
 * `node run-app.ts MAIN.MJS`: starts a packaged app's main process in plain Node with the stand-in
 * of Electron, looks at its window and its core, quits it, and prints what was seen as JSON.
 */
const electron = new URL("./electron.ts", import.meta.url).href;
registerHooks({ resolve: (specifier, context, next) => (specifier === "electron" ? { url: electron, shortCircuit: true } : next(specifier, context)) });

await import(pathToFileURL(process.argv[2]!).href);
becomeReady();

const { options, page } = await windowOpened.promise;
const core = await connectCore({ startIfMissing: false });
const { shell } = await core.client.app.info();
const sticks = await core.client.sticks.list();
const served = await fetch(`http://127.0.0.1:${core.address.port}/`);
core.close();

const quit = new Promise((resolve) => app.once("will-quit", resolve));
app.quit();
await quit;
const seen = { preload: basename(options.webPreferences.preload), page: { status: page.status, policy: page.headers.get("content-security-policy"), text: await page.text() }, shell, sticks, served: served.status };
process.stdout.write(JSON.stringify(seen));
process.exit(0);
