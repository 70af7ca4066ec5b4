import type { ConnectCore } from "./core.ts";
import type { Output } from "./output.ts";

/** What every command is given beside its own words. */
export interface CommandContext {
  output: Output;
  connect: ConnectCore;
}
