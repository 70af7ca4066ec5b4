import { MentorError } from "../../../contract/errors.ts";
import type { Secrets } from "../../../core/ports.ts";

const NAME = "backup.passphrase";
/** Shorter ones are found by trying. */
const SHORTEST = 8;

/** The passphrase that backups are encrypted with by themselves, among this user's secrets. It is put in and used, and never given out. */
export class BackupPassphrase {
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  kept(): Promise<string | null> {
    return this.#secrets.get(NAME);
  }

  /** null forgets it. Throws `input-invalid`. */
  async keep(passphrase: string | null): Promise<void> {
    if (passphrase === null) return this.#secrets.delete(NAME);
    await this.#secrets.set(NAME, checkedPassphrase(passphrase));
  }
}

/** Throws `input-invalid` for one that protects nothing. */
export function checkedPassphrase(passphrase: string): string {
  if ([...passphrase].length < SHORTEST) throw new MentorError("input-invalid", `The passphrase is too short: it needs ${SHORTEST} characters or more.`, { kept: "Nothing was changed." });
  return passphrase;
}
