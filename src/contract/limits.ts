/** Plain figures that both the window and the services need; no schema library comes with them. */

/** Longest question in characters. */
export const QUESTION_MAX_CHARACTERS = 2000;

/** The ports people expect the services on, before any is moved. */
export const DEFAULT_PORTS = { llm: 8080, api: 8000, milvus: 19530 } as const;
