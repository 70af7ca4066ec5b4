/** The same for every engine of a run. Absolute paths. */
export interface Settings {
  model: string;
  embeddingModel: string;
  threads: number;
  /** Conversations at once, and tokens of each. */
  parallel: number;
  contextTokens: number;
}

/** A server's process as it is to be started; it listens on 127.0.0.1 and answers at `/v1` when it is ready. */
export interface Launch {
  command: string[];
  environment?: Record<string, string>;
  /** Written to its standard input. */
  input?: string;
  /** Answers 200 when requests are taken. */
  readyPath: string;
}

export interface Engine {
  name: string;
  /** Why it cannot run here; null when it can. */
  missing(): string | null;
  /** Asked for as the bearer of every request. */
  key: string;
  chat(settings: Settings, port: number): Launch;
  /** A server for the embedding model alone; null where the chat's own serves it too. */
  embedding(settings: Settings, port: number): Launch | null;
  /** How this engine is told to answer in JSON of a schema. */
  responseFormat(schema: object): object;
}

/** As OpenAI writes it. */
export const jsonSchemaFormat = (schema: object): object => ({ type: "json_schema", json_schema: { name: "answer", strict: true, schema } });
