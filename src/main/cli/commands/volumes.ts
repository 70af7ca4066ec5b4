import type { NetworkVolume } from "../../../contract/rent.ts";
import { dollars } from "../../../core/rent/money.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";

/** Network volumes of the account: what lies on one is there at the next start. */
export async function listVolumes({ output, connect }: CommandContext): Promise<void> {
  const volumes = await withCore(connect, (client) => client.volumes.list());
  if (volumes.length === 0) output.line("The account has no network volume. Make one: ai-mentor volumes create --name NAME --size GB --data-center ID");
  for (const volume of volumes) describe(volume, output);
  output.result("volumes", { volumes });
}

export async function createVolume({ name, size, dataCenter }: { name: string; size: number; dataCenter: string }, { output, connect }: CommandContext): Promise<void> {
  const volume = await withCore(connect, (client) => client.volumes.create({ name, gigabytes: size, dataCenter }));
  describe(volume, output);
  output.result("volumes", { volumes: [volume] });
}

function describe({ id, name, gigabytes, dataCenter, microUsdPerDay }: NetworkVolume, output: Output): void {
  output.line(`${id}  ${name}  ${gigabytes} GB in ${dataCenter}, ${dollars(microUsdPerDay)} a day`);
}
