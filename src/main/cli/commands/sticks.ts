import type { Stick } from "../../../contract/stick.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";
import { formatBytes } from "../units.ts";

export async function sticks({ output, connect }: CommandContext): Promise<void> {
  const found = await withCore(connect, (client) => client.sticks.list());
  if (found.length === 0) output.line("No stick found. Plug one in, or name a folder that holds a model: ai-mentor start --stick DIR");
  for (const stick of found) describeStick(stick, output);
  output.result("sticks", { sticks: found });
}

function describeStick(stick: Stick, output: Output): void {
  const room = stick.sizeBytes === null ? "" : `, ${formatBytes(stick.sizeBytes)}`;
  output.line(`${stick.path}  ${stick.label} (${stick.kind}${room}${stick.readOnly ? ", read-only" : ""})`);
  for (const { file, bytes, header, problem } of stick.models) {
    const what = header === null ? "" : ` ${header.name}, ${header.quantisation}, ${header.purpose}`;
    output.line(`  ${file}  ${formatBytes(bytes)}${problem === null ? what : `  ${problem.message}`}`);
  }
  if (stick.course !== null) output.line(`  ${stick.course.folder}/  ${stick.course.files} course files`);
  if (stick.problem !== null) output.line(`  ${stick.problem.message}`);
}
