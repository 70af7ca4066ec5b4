import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KeptConversation } from "../../contract/window.ts";

/** The oldest beyond these are let go. */
const KEPT = 200;

/** The window's conversations, one file each in the data folder, readable by this user alone. */
export class ConversationStore {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, "conversations");
  }

  /** Newest first. A file that cannot be read is passed over, and stays. */
  async list(): Promise<KeptConversation[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const read = await Promise.all(names.filter((name) => name.endsWith(".json")).map((name) => this.#read(join(this.#folder, name))));
    return read.filter((one) => one !== null).sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  }

  async save(conversation: KeptConversation): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#file(conversation.id);
    // Written aside first: a conversation is never half there.
    await writeFile(`${file}.new`, JSON.stringify(conversation), { mode: 0o600 });
    await rename(`${file}.new`, file);
    const surplus = (await this.list()).slice(KEPT);
    await Promise.all(surplus.map(({ id }) => this.remove(id)));
  }

  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  /** The id is a UUID by the contract, so it can be part of a path. */
  #file = (id: string): string => join(this.#folder, `${id}.json`);

  async #read(path: string): Promise<KeptConversation | null> {
    try {
      return KeptConversation.parse(JSON.parse(await readFile(path, "utf8")));
    } catch {
      return null;
    }
  }
}
