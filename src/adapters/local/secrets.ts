import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../../core/in-turn.ts";
import type { Secrets } from "../../core/ports.ts";

/** Secrets in one file of the data folder that only this user can read, where no system key store serves. */
export function fileSecrets(dataFolder: string): Secrets {
  return new FileSecrets(join(dataFolder, "secrets.json"));
}

/** How a value begins that the desktop app has sealed with the system's key store. */
export const SEALED = "sealed:";

/**
 * The same secrets for a process without a key store. Throws `session-sealed` (of a session's key) or
 * `secret-sealed` (of any other) for what only the desktop app can open, so that the sealed text is never taken for the secret itself.
 */
export function openSecrets(files: Secrets): Secrets {
  return {
    async get(name) {
      const value = await files.get(name);
      if (value?.startsWith(SEALED) !== true) return value;
      if (!name.startsWith("session.")) throw new MentorError("secret-sealed", "This key was kept by the desktop app, which has locked it with this computer's key store.");
      throw new MentorError("session-sealed", "This session was started in the desktop app, which has locked its key with this computer's key store.");
    },
    set: (name, value) => files.set(name, value),
    delete: (name) => files.delete(name),
  };
}

export class FileSecrets implements Secrets {
  readonly #path: string;
  readonly #changes = new InTurn();

  constructor(path: string) {
    this.#path = path;
  }

  async get(name: string): Promise<string | null> {
    return this.#changes.run(async () => (await this.#read()).get(name) ?? null);
  }

  set(name: string, value: string): Promise<void> {
    return this.#change((secrets) => secrets.set(name, value));
  }

  delete(name: string): Promise<void> {
    return this.#change((secrets) => secrets.delete(name));
  }

  async #read(): Promise<Map<string, string>> {
    const text = await readFile(this.#path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  }

  #change(change: (secrets: Map<string, string>) => unknown): Promise<void> {
    return this.#changes.run(async () => {
      const secrets = await this.#read();
      change(secrets);
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(`${this.#path}.new`, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600, flush: true });
      await rename(`${this.#path}.new`, this.#path);
    });
  }
}
