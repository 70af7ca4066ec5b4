import { MentorError } from "../../contract/errors.ts";
import type { HostChoice } from "../../contract/session.ts";
import type { Clock, ConnectOptions, Host, HostConnector } from "../../core/ports.ts";
import { parseAddress } from "./address.ts";
import { SshConnection, type SshTarget } from "./connection.ts";
import { SshHost } from "./host.ts";
import { loadIdentity } from "./identity.ts";
import { LanePool } from "./lane-pool.ts";
import { KnownHost, KnownHostsFile } from "./known-hosts.ts";

export class SshConnector implements HostConnector {
  readonly #knownHosts: KnownHostsFile;
  readonly #clock: Clock;

  /** `knownHostsFile`: absolute path of the JSON file that holds the pinned host keys. */
  constructor(knownHostsFile: string, clock: Clock) {
    this.#knownHosts = new KnownHostsFile(knownHostsFile);
    this.#clock = clock;
  }

  /** Throws `host-address-invalid`, `host-proxied`, `key-*` before anything is sent; then `host-*` and `key-rejected`. */
  async connect(choice: HostChoice, signal?: AbortSignal, { lanes, lanesNext, knownAs }: ConnectOptions = {}): Promise<Host> {
    if (choice.kind !== "ssh") throw new MentorError("input-invalid", "This computer needs no connection.");
    const address = parseAddress(choice.address);
    const target: SshTarget = {
      address,
      identity: await loadIdentity(choice.identity, choice.passphrase),
      knownHosts: new KnownHost(this.#knownHosts, address, knownAs),
      trustFingerprint: choice.trustFingerprint,
      clock: this.#clock,
    };
    const pool = new LanePool((closing) => SshConnection.open(target, closing), this.#clock);
    try {
      // As many as any line wants at once, and the rest when it is known how long the way is.
      const least = lanes?.(0) ?? 0;
      pool.prepare(least);
      const main = await SshConnection.open(target, signal, (roundTripMs) => pool.prepare((lanes?.(roundTripMs) ?? 0) - least));
      pool.prepare(lanesNext?.(main.roundTripMs) ?? 0);
      return new SshHost(target, main, pool);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }
}
