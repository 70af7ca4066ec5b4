import { MentorError } from "../../contract/errors.ts";
import type { Host } from "../ports.ts";

/** What every Linux host can do with its files. */
export class RemoteFolder {
  readonly host: Host;
  readonly #signal: AbortSignal | undefined;

  constructor(host: Host, signal: AbortSignal | undefined) {
    this.host = host;
    this.#signal = signal;
  }

  async run(argv: readonly string[]): Promise<string> {
    return this.#perform(argv[0]!, argv);
  }

  /** A constant POSIX script: several programs in one round trip. `words` are its arguments, which no shell reads. */
  async script(text: string, words: readonly string[], input?: string): Promise<void> {
    await this.#perform("sh", ["/bin/sh", "-c", text, "sh", ...words], input);
  }

  async list(folder: string): Promise<string[]> {
    return (await this.run(["ls", "-1", "--", folder])).split("\n").filter((name) => name !== "");
  }

  async #perform(name: string, argv: readonly string[], input?: string): Promise<string> {
    const result = await this.host.exec(argv, { signal: this.#signal, input });
    if (result.exitCode === 0) return result.stdout;
    const cause = new Error(result.stderr.trim());
    if (/no space left|quota exceeded/i.test(cause.message)) throw new MentorError("disk-full", `There is not enough disk space on ${this.host.label} for the tools.`, { cause });
    throw new MentorError("host-unsuitable", `The program "${name}" did not work on ${this.host.label}: ${cause.message.split("\n")[0] || `exit code ${result.exitCode}`}`, { kept: "What had arrived on the host is kept.", cause });
  }
}
