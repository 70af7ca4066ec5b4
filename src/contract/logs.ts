export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of a service's or a step's log. */
export interface LogLine {
  /** Grows by one within the process that wrote it. */
  seq: number;
  /** ISO 8601. */
  at: string;
  /** "app", "agent", "llm", "api", "milvus", or a step's id. */
  source: string;
  level: LogLevel;
  text: string;
}
