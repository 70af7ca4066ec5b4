import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { InTurn } from "../../core/in-turn.ts";
import type { JournalStore } from "../../core/ports.ts";

/** One JSON record a line. A record is on the disk before `append` resolves. */
export class FileJournal<Entry> implements JournalStore<Entry> {
  readonly #path: string;
  readonly #turns = new InTurn();

  constructor(path: string) {
    this.#path = path;
  }

  append(entry: Entry): Promise<void> {
    return this.#turns.run(() => this.#write(`${JSON.stringify(entry)}\n`));
  }

  async read(): Promise<Entry[]> {
    const text = await this.#turns.run(() => readFile(this.#path, "utf8")).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    // Whatever follows the last newline was being written when the power went.
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .flatMap((line) => {
        try {
          return line === "" ? [] : [JSON.parse(line) as Entry];
        } catch {
          return [];
        }
      });
  }

  async #write(line: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await using file = await open(this.#path, "a+", 0o600);
    const { size } = await file.stat();
    const tail = Buffer.alloc(1);
    // A torn record gets its newline now, so that it cannot swallow the next one.
    const torn = size > 0 && (await file.read(tail, 0, 1, size - 1)).bytesRead === 1 && tail[0] !== 0x0a;
    await file.appendFile(torn ? `\n${line}` : line);
    await file.sync();
  }
}
