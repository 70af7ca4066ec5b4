import { spreadOf, type Spread } from "../upload/spread.ts";
import type { Outcome } from "./cases.ts";

/** One case of one engine in one round. Milliseconds, seconds, bytes. */
export interface Measured {
  engine: string;
  case: string;
  seconds: number;
  cpuSeconds: number;
  loadSeconds: number;
  peakRssBytes: number;
  outcome: Outcome | { failure: string };
}

/** One case of one engine over all rounds: medians, and beside them the lowest and highest of each round. */
export interface Row {
  engine: string;
  case: string;
  rounds: number;
  tokensPerSecond: number | null;
  /** Of the server's process, its children's included. */
  tokensPerCpuSecond: number | null;
  ttftMsP50: number | null;
  ttftMsP95: number | null;
  loadSeconds: number | null;
  peakRssMb: number | null;
  spread: Record<"tokensPerSecond" | "tokensPerCpuSecond" | "ttftMsP50", Spread | null>;
  /** Beside ours, for each round its own ratio: ours ÷ this engine's. */
  ours?: Record<"tokensPerSecond" | "tokensPerCpuSecond" | "ttftMsP50", number | null>;
  failure?: string;
}

export function toRows(measured: readonly Measured[]): Row[] {
  const groups = Map.groupBy(measured, (one) => `${one.case}\n${one.engine}`);
  return [...groups.values()].map((group) => {
    const { engine, case: name } = group[0]!;
    const failure = group.map(({ outcome }) => outcome).find((outcome) => "failure" in outcome)?.failure;
    const spread = { tokensPerSecond: spreadOf(group.map(tokensPerSecond)), tokensPerCpuSecond: spreadOf(group.map(tokensPerCpuSecond)), ttftMsP50: spreadOf(group.map((one) => firstToken(one, 0.5))) };
    const own = engine === "ours" ? undefined : groups.get(`${name}\nours`);
    const ratio = (of: (one: Measured) => number | null) => rounded(spreadOf(group.map((one, round) => quotient(own?.[round], one, of)))?.median, 3);
    return {
      engine,
      case: name,
      rounds: group.length,
      tokensPerSecond: rounded(spread.tokensPerSecond?.median, 1),
      tokensPerCpuSecond: rounded(spread.tokensPerCpuSecond?.median, 1),
      ttftMsP50: rounded(spread.ttftMsP50?.median, 1),
      ttftMsP95: rounded(spreadOf(group.map((one) => firstToken(one, 0.95)))?.median, 1),
      loadSeconds: rounded(spreadOf(group.map(({ loadSeconds }) => loadSeconds))?.median, 2),
      peakRssMb: rounded(spreadOf(group.map(({ peakRssBytes }) => peakRssBytes / 1e6))?.median, 0),
      spread,
      ...(own && { ours: { tokensPerSecond: ratio(tokensPerSecond), tokensPerCpuSecond: ratio(tokensPerCpuSecond), ttftMsP50: ratio((one) => firstToken(one, 0.5)) } }),
      ...(failure !== undefined && { failure }),
    };
  });
}

const tokensPerSecond = ({ outcome, seconds }: Measured) => ("failure" in outcome ? null : outcome.tokens / seconds);
const tokensPerCpuSecond = ({ outcome, cpuSeconds }: Measured) => ("failure" in outcome ? null : outcome.tokens / cpuSeconds);

function firstToken({ outcome }: Measured, share: number): number | null {
  if ("failure" in outcome) return null;
  const sorted = outcome.firstTokensMs.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  return sorted[Math.floor(place)]! + (sorted[Math.ceil(place)]! - sorted[Math.floor(place)]!) * (place % 1);
}

function quotient(own: Measured | undefined, other: Measured, of: (one: Measured) => number | null): number | null {
  const [mine, theirs] = [own === undefined ? null : of(own), of(other)];
  return mine === null || theirs === null ? null : mine / theirs;
}

const rounded = (value: number | undefined, digits: number): number | null => (value === undefined ? null : Number(value.toFixed(digits)));
