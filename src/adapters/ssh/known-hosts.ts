import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../../core/in-turn.ts";
import { formatAddress, type SshAddress } from "./address.ts";

const KnownHost = z.object({ type: z.string(), fingerprint: z.string(), since: z.string() });
const KnownHosts = z.record(z.string(), KnownHost);
type KnownHost = z.infer<typeof KnownHost>;

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

  async find(address: SshAddress): Promise<KnownHost | undefined> {
    return (await this.#read())[fileName(address)];
  }

  /**
   * Accepts a key that is pinned, or the first one ever seen, or the one that the person has
   * confirmed (`trusted`, a fingerprint). Throws `host-key-changed` for any other.
   */
  async accept(address: SshAddress, key: Buffer, trusted: string | undefined, now: number): Promise<void> {
    const known = await this.find(address);
    const fingerprint = keyFingerprint(key);
    if (known?.fingerprint === fingerprint) return;
    if (known !== undefined && trusted !== fingerprint) {
      throw new MentorError("host-key-changed", `${formatAddress(address)} showed ${fingerprint}, but since ${known.since.slice(0, 10)} it was ${known.fingerprint}.`, {
        details: { address: formatAddress(address), knownFingerprint: known.fingerprint, fingerprint },
      });
    }
    await this.#update(fileName(address), { type: keyType(key), fingerprint, since: new Date(now).toISOString() });
  }

  async #read(): Promise<Record<string, KnownHost>> {
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

  /** One change at a time, so that two first connections do not lose each other's pin. */
  #update(name: string, host: KnownHost): Promise<void> {
    return this.#changes.run(async () => {
      const hosts = { ...(await this.#read()), [name]: host };
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(`${this.#path}.new`, `${JSON.stringify(hosts, null, 2)}\n`, { mode: 0o600, flush: true });
      await rename(`${this.#path}.new`, this.#path);
    });
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
