import type { LogLine } from "../../../contract/logs.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";

/** Prints what is kept, and with `follow` what comes, until Ctrl-C: which here is how one leaves. */
export async function logs(service: string | undefined, { follow = false }: { follow?: boolean }, { output, connect }: CommandContext): Promise<void> {
  const { interrupt } = output.terminal;
  let lines = 0;
  await withCore(connect, async (client) => {
    try {
      for await (const batch of await client.logs.watch({ source: service, follow }, { signal: interrupt })) {
        for (const line of batch) {
          output.event(line);
          output.line(describeLine(line));
        }
        lines += batch.length;
      }
    } catch (thrown) {
      if (!follow || !interrupt.aborted) throw thrown;
    }
  });
  output.result("logs", { lines });
}

function describeLine({ at, source, level, text }: LogLine): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  return `${time} ${source.padEnd(8)} ${level === "info" || level === "debug" ? "" : `${level}: `}${text}`;
}
