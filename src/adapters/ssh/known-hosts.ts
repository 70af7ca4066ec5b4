import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../../core/in-turn.ts";
import type { HostIdentity } from "../../core/ports.ts";
import { formatAddress, type SshAddress } from "./address.ts";

const Pin = z.object({ type: z.string(), fingerprint: z.string(), since: z.string() });
const KnownHosts = z.record(z.string(), Pin);
type Pin = z.infer<typeof Pin>;

/**
 * The identity of every host, pinned when it is first met, in one JSON file: address → key type
 * and `SHA256:…` fingerprint. Only public facts; the file is still the user's own.
 */
export class KnownHostsFile {
  readonly #path: string;
  readonly #changes = new InTurn();

  constructor(path: string) {
    this.#path = path;
  }

  async find(address: SshAddress): Promise<Pin | undefined> {
    return (await this.#read())[fileName(address)];
  }

  /**
   * Lets pass a key that is pinned, or the first one ever seen, or the one that the person has
   * confirmed (`trusted`, a fingerprint). Throws `host-key-changed` for any other. Writes nothing:
   * a host may be asked before it has proven that the key is its own.
   */
  async check(address: SshAddress, key: Buffer, trusted: string | undefined): Promise<void> {
    const known = await this.find(address);
    const fingerprint = keyFingerprint(key);
    if (known === undefined || known.fingerprint === fingerprint || trusted === fingerprint) return;
    throw new MentorError("host-key-changed", `${formatAddress(address)} showed ${fingerprint}, but since ${known.since.slice(0, 10)} it was ${known.fingerprint}.`, {
      details: { address: formatAddress(address), knownFingerprint: known.fingerprint, fingerprint },
    });
  }

  /**
   * Pins a key that was checked and that the host has proven to be its own; a pinned one keeps its
   * date. `now`: milliseconds since the epoch. One change at a time, so that two first connections
   * do not lose each other's pin.
   */
  pin(address: SshAddress, key: Buffer, now: number): Promise<void> {
    return this.#changes.run(async () => {
      const hosts = await this.#read();
      const fingerprint = keyFingerprint(key);
      if (hosts[fileName(address)]?.fingerprint === fingerprint) return;
      const pinned = { ...hosts, [fileName(address)]: { type: keyType(key), fingerprint, since: new Date(now).toISOString() } };
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(`${this.#path}.new`, `${JSON.stringify(pinned, null, 2)}\n`, { mode: 0o600, flush: true });
      await rename(`${this.#path}.new`, this.#path);
    });
  }

  async #read(): Promise<Record<string, Pin>> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    // A damaged file is never taken for an empty one: that would accept any host as new.
    try {
      return KnownHosts.parse(JSON.parse(text));
    } catch (error) {
      throw new MentorError("internal", `The list of known hosts, ${this.#path}, is damaged.`, {
        cause: error,
        advice: "Look at the file, and remove it if you do not need it: every host is then met anew.",
      });
    }
  }
}

/**
 * One host among the known ones. A rented machine's address was somebody else's yesterday: it is filed
 * under its own name instead, and where its log has told its fingerprints, only those pass.
 */
export class KnownHost {
  readonly #file: KnownHostsFile;
  readonly #address: SshAddress;
  readonly #filedAs: SshAddress;
  readonly #identity: HostIdentity | undefined;
  /** What was told when this key was shown: each of a host's connections asks. */
  readonly #told = new Map<string, Promise<readonly string[]>>();

  constructor(file: KnownHostsFile, address: SshAddress, knownAs?: HostIdentity) {
    this.#file = file;
    this.#address = address;
    this.#filedAs = knownAs === undefined ? address : { ...address, host: knownAs.name, port: 0 };
    this.#identity = knownAs;
  }

  find(): Promise<Pin | undefined> {
    return this.#file.find(this.#filedAs);
  }

  /** As that of the file; a told fingerprint counts more than a pinned one. */
  async check(key: Buffer, trusted: string | undefined): Promise<void> {
    const fingerprint = keyFingerprint(key);
    const told = await this.#toldOf(fingerprint);
    if (told.length === 0) return this.#file.check(this.#filedAs, key, trusted);
    if (told.includes(fingerprint) || trusted === fingerprint) return;
    throw new MentorError("host-key-changed", `${formatAddress(this.#address)} showed ${fingerprint}, but the machine's own log says ${told.join(", ")}.`, {
      advice: "Somebody may stand between this computer and the machine. Use another network, or cancel and start again.",
      details: { address: formatAddress(this.#address), knownFingerprint: told.join(", "), fingerprint },
    });
  }

  #toldOf(fingerprint: string): Promise<readonly string[]> {
    const told = this.#told.get(fingerprint) ?? this.#identity?.fingerprints(fingerprint) ?? Promise.resolve([]);
    this.#told.set(fingerprint, told);
    return told;
  }

  pin(key: Buffer, now: number): Promise<void> {
    return this.#file.pin(this.#filedAs, key, now);
  }
}

/** As OpenSSH prints it: `SHA256:` and unpadded base64. */
export function keyFingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The key's type stands first in its blob, as a length and its bytes. */
function keyType(key: Buffer): string {
  return key.toString("latin1", 4, 4 + key.readUInt32BE(0));
}

/** The user does not matter: one machine has one identity. */
const fileName = ({ host, port }: SshAddress): string => `[${host.toLowerCase()}]:${port}`;
