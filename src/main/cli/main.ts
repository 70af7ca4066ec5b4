import { connectCore } from "../host/client.ts";
import { version } from "../host/version.ts";
import { runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

process.exitCode = await runCli(process.argv.slice(2), { terminal: processTerminal(), connect: connectCore, version });
// A socket that is still closing must not hold the terminal back; what was written is flushed first.
process.stdout.write("", () => process.exit());
