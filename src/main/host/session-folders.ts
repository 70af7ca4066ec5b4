import { mkdirSync, readdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FileJournal } from "../../adapters/local/journal.ts";
import type { JournalStore } from "../../core/ports.ts";
import type { JournalEntry } from "../../core/session/entries.ts";
import type { SessionJournals } from "../../core/session/session.ts";

/** One folder a session under `<data folder>/sessions`, with its journal. */
export class SessionFolders implements SessionJournals {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, "sessions");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  of(sessionId: string): JournalStore<JournalEntry> {
    return new FileJournal(this.#journal(sessionId));
  }

  async list(): Promise<string[]> {
    const ids = readdirSync(this.#folder);
    const dated = await Promise.all(ids.map(async (id) => ({ id, at: (await stat(this.#journal(id)).catch(() => null))?.mtimeMs ?? 0 })));
    return dated.filter(({ at }) => at > 0).sort((a, b) => b.at - a.at).map(({ id }) => id);
  }

  #journal(sessionId: string): string {
    return join(this.#folder, sessionId, "journal.jsonl");
  }
}
