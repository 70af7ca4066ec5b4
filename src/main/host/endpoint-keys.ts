import { ENDPOINT_KEYS, type EndpointKey } from "../../contract/endpoint.ts";
import { MentorError } from "../../contract/errors.ts";
import type { StartRequest } from "../../contract/session.ts";
import type { Secrets } from "../../core/ports.ts";

const LONGEST_KEY = 8_192;
/** What can stand in an HTTP header as one word. */
const KEY = /^[\x21-\x7e]+$/;

const secretName = (name: EndpointKey): string => `endpoint.${name}`;

/** The keys of foreign endpoints, among this user's secrets. They are put in and used, and never given out. */
export class EndpointKeys {
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  async list(): Promise<EndpointKey[]> {
    const there = await Promise.all(ENDPOINT_KEYS.map((name) => this.#secrets.get(secretName(name)).then((value) => value !== null, () => true)));
    return ENDPOINT_KEYS.filter((_, index) => there[index]);
  }

  /** Throws `input-invalid` for what cannot be a key. */
  async set(name: EndpointKey, value: string): Promise<void> {
    const key = value.trim();
    if (key === "" || key.length > LONGEST_KEY || !KEY.test(key)) {
      throw new MentorError("input-invalid", key === "" ? "The key is empty." : "This is no key: a key is one word of plain characters.", { kept: "The key that was kept before is unchanged." });
    }
    await this.#secrets.set(secretName(name), key);
  }

  remove(name: EndpointKey): Promise<void> {
    return this.#secrets.delete(secretName(name));
  }

  /** Of the Runpod account; null where none is kept. It stays on this computer. */
  runpod(): Promise<string | null> {
    return this.#secrets.get(secretName("runpod"));
  }

  /** The token of somebody else's Milvus; null where none is kept. */
  milvus(): Promise<string | null> {
    return this.#secrets.get(secretName("milvus"));
  }

  /**
   * The keys of a session's endpoints; null where none is kept. The chat endpoint's key opens the
   * embedding endpoint too where both are the same server, and never another server.
   */
  async of({ chatEndpoint, embeddingEndpoint }: StartRequest): Promise<{ chat: string | null; embedding: string | null }> {
    const chat = chatEndpoint === undefined ? null : await this.#secrets.get(secretName("llm"));
    if (embeddingEndpoint === undefined) return { chat, embedding: null };
    const own = await this.#secrets.get(secretName("embedding"));
    const same = chatEndpoint !== undefined && URL.parse(chatEndpoint.url)?.origin === URL.parse(embeddingEndpoint.url)?.origin;
    return { chat, embedding: own ?? (same ? chat : null) };
  }
}
