import { join, resolve } from "node:path";
import { dataFolder } from "../adapters/local-files/folders.ts";
import { toErrorReport } from "../contract/errors.ts";
import { describeFailure } from "./cli/failure.ts";
import { connectCore, type CoreConnection } from "./host/client.ts";
import { hereAndNow, open } from "./web/open.ts";
import { planOpenings } from "./web/openings.ts";

/** `npm start`: opens the window in the best way there is here, and says which and why. */
const say = (line: string) => process.stdout.write(`${line}\n`);

async function start(addressOnly: boolean): Promise<void> {
  const root = resolve(import.meta.dirname, "../..");
  const plan = addressOnly ? { openings: [], because: ["you asked for the address only"] } : planOpenings(hereAndNow(root), join(dataFolder(), "window"));
  const core = await connectCore({ startIfMissing: true });
  const address = `http://127.0.0.1:${core.address.port}/#token=${core.address.token}`;
  const because = [...plan.because];

  for (const opening of plan.openings) {
    if (!(await open(opening, await ticketAddress(core)))) {
      because.push(`${opening.name} did not start`);
      continue;
    }
    say(`Opened ${opening.name}${because.length === 0 ? "." : `, because ${because.join(" and ")}.`}`);
    say(`Should no window appear, open this address on this computer: ${address}`);
    say("Closing the window leaves a running session as it is.");
    return core.close();
  }

  say(`No window was opened, because ${because.join(" and ")}.`);
  say(`Open this address in a browser on this computer: ${address}`);
  say("Ctrl-C ends this command; a running session goes on.");
  await Promise.race([core.closed, new Promise<void>((leave) => ["SIGINT", "SIGTERM"].forEach((signal) => process.once(signal, () => leave())))]);
  core.close();
}

/** An address that opens the window once, fit for a command line that others may read. */
async function ticketAddress({ address: { port, token } }: CoreConnection): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/ticket`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  const { ticket } = (await answer.json()) as { ticket: string };
  return `http://127.0.0.1:${port}/open/${ticket}`;
}

try {
  await start(process.argv.includes("--address"));
} catch (thrown) {
  process.stderr.write(describeFailure(toErrorReport(thrown)));
  process.exitCode = 1;
}
