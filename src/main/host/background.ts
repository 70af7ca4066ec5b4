import { dataFolder } from "../../adapters/local-files/folders.ts";
import { hostCore } from "./hosting.ts";

/**
 * The detached process that hosts the core for the terminal and the browser. It ends by itself
 * when nobody looks and nothing runs, so that nothing is left behind.
 */
const UNWATCHED_MS = 60_000;

const hosted = await hostCore({ dataFolder: dataFolder(), shell: "background" });
// Another process won the race for the lock; whoever started this one will find it.
if (hosted === null) process.exit(0);

const leave = async () => {
  await hosted.close();
  process.exit(0);
};
process.once("SIGTERM", () => void leave());
process.once("SIGINT", () => void leave());

let unwatchedSince = Date.now();
setInterval(() => {
  if (hosted.busy()) unwatchedSince = Date.now();
  else if (Date.now() - unwatchedSince > UNWATCHED_MS) void leave();
}, 1_000);
