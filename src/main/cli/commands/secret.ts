import { text } from "node:stream/consumers";
import type { EndpointKey } from "../../../contract/endpoint.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import { UsageError } from "../failure.ts";
import { askSecret } from "../terminal.ts";

const OWNER = { llm: "the LLM endpoint", embedding: "the embedding endpoint", milvus: "Milvus", runpod: "the Runpod account" } as const satisfies Record<EndpointKey, string>;

/** Keeps an endpoint's key. It is read from the terminal without echo, or from the standard input; an argument would stand in the list of processes. */
export async function setSecret(name: EndpointKey, { output, connect }: CommandContext): Promise<void> {
  const { terminal } = output;
  const value = terminal.stdin.isTTY === true ? await askSecret(terminal, `Key of ${OWNER[name]} (not shown): `) : await text(terminal.stdin);
  terminal.interrupt.throwIfAborted();
  if (value === null || value.trim() === "") throw new UsageError(`No key was given. Type it when asked, or pipe it in: ai-mentor secret set ${name} < FILE`);
  await withCore(connect, (client) => client.secrets.set({ name, value }));
  output.line(`The key of ${OWNER[name]} is kept; the next start uses it.`);
  output.result("secret set", { kept: name });
}

export async function removeSecret(name: EndpointKey, { output, connect }: CommandContext): Promise<void> {
  await withCore(connect, (client) => client.secrets.remove({ name }));
  output.line(`The key of ${OWNER[name]} is not kept any more.`);
  output.result("secret remove", { removed: name });
}

export async function listSecrets({ output, connect }: CommandContext): Promise<void> {
  const secrets = await withCore(connect, (client) => client.secrets.list());
  for (const name of secrets) output.line(`${name.padEnd(10)} key of ${OWNER[name]}`);
  if (secrets.length === 0) output.line("No key is kept.");
  output.result("secret list", { secrets });
}
