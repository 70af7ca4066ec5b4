import type { LogLevel } from "../../contract/logs.ts";
import type { Clock, Provider } from "../ports.ts";
import type { RentRecord } from "./record.ts";

/** What renting and giving back are done with. */
export interface RentWork {
  provider: Provider;
  clock: Clock;
  signal: AbortSignal;
  /** What is waited for, in plain words. */
  waiting(detail: string): void;
  log(level: LogLevel, text: string): void;
  /** Resolves when the record is in the journal; called before every side effect that it announces. */
  save(record: RentRecord): Promise<void>;
}

export const isoNow = ({ clock }: Pick<RentWork, "clock">): string => new Date(clock.now()).toISOString();
