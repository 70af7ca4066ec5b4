import type { ServiceOutput } from "../../src/contract/agent.ts";

/** Says a line to the agent that started this service. */
export const tellAgent = (line: ServiceOutput): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** When the agent has died nobody hears what is said. The service goes on: what it holds can still be had until somebody ends it. */
export function outliveAgent(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
