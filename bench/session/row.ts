import type { SessionTimings } from "../../src/contract/session.ts";
import { payloadLimit, type Profile } from "../upload/profiles.ts";

/** `cold`: a new machine. `warm`: the same disk again, with model, tools and course. `volume`: a new machine with a network volume that holds them. */
export const CASES = ["cold", "warm", "volume"] as const;
export type Case = (typeof CASES)[number];

/** What one session showed. Seconds from the click unless said otherwise. */
export interface Measured {
  case: Case;
  readySeconds: number;
  firstWordSeconds: number;
  /** Until the last word of the first answer. */
  seconds: number;
  /** All that this computer sent meanwhile, to whatever purpose. */
  bytesSent: number;
  steps: SessionTimings["steps"];
}

/** One session beside what cannot be undercut, as `--json` writes it. */
export interface Row extends Omit<Measured, "steps"> {
  profile: string;
  modelBytes: number;
  /** Until the LLM server answers, from when the model is on the host and the server may start. */
  loadSeconds: number;
  /** What the line takes for the bytes, and the load. */
  floorSeconds: number;
  limitSeconds: number;
  met: boolean;
  steps: { id: string; at: number; seconds: number }[];
}

/** The targets: cold a tenth and ten seconds over the floor, else fifteen seconds over the load. */
const limitOf = (which: Case, floor: number, load: number): number => (which === "cold" ? 1.1 * floor + 10 : 15 + load);

/** @param clickedAt milliseconds since the epoch */
export function toRow(profile: Profile, modelBytes: number, clickedAt: number, { steps, ...measured }: Measured): Row {
  const load = loadSecondsOf(steps);
  const floor = measured.bytesSent / (payloadLimit(profile) ?? Infinity) + load;
  const limit = limitOf(measured.case, floor, load);
  return {
    ...measured,
    profile: profile.name,
    modelBytes,
    loadSeconds: round(load),
    floorSeconds: round(floor),
    limitSeconds: round(limit),
    met: measured.seconds <= limit,
    seconds: round(measured.seconds),
    readySeconds: round(measured.readySeconds),
    firstWordSeconds: round(measured.firstWordSeconds),
    steps: steps.map(({ id, startedAt, seconds }) => ({ id, at: round((Date.parse(startedAt) - clickedAt) / 1000), seconds: round(seconds) })),
  };
}

function loadSecondsOf(steps: Measured["steps"]): number {
  const [server, model, load] = (["start-search", "upload-model", "start-llm"] as const).map((wanted) => steps.find(({ id }) => id === wanted));
  if (server === undefined || model === undefined || load === undefined) throw new Error("The session has loaded no model.");
  const endOf = ({ startedAt, seconds }: Measured["steps"][number]) => Date.parse(startedAt) / 1000 + seconds;
  return endOf(load) - Math.max(endOf(model), Date.parse(server.startedAt) / 1000);
}

const round = (value: number): number => Number(value.toFixed(3));

/** A line a case, and below it when each step began and how long it took. */
export function formatTable(rows: readonly Row[]): string {
  const lines = ["| case | seconds | floor | limit | | first word | ready | MB sent | load |", "|---|---|---|---|---|---|---|---|---|"];
  for (const row of rows) {
    const { seconds, floorSeconds, limitSeconds, met, firstWordSeconds, readySeconds, bytesSent, loadSeconds } = row;
    lines.push(`| ${[row.case, seconds.toFixed(1), floorSeconds.toFixed(1), limitSeconds.toFixed(1), met ? "met" : "missed", firstWordSeconds.toFixed(1), readySeconds.toFixed(1), (bytesSent / 1e6).toFixed(1), loadSeconds.toFixed(1)].join(" | ")} |`);
  }
  for (const row of rows) lines.push("", `${row.case}: ${row.steps.map(({ id, at, seconds }) => `${id} ${at.toFixed(1)}+${seconds.toFixed(1)}`).join(", ")}`);
  return `${lines.join("\n")}\n`;
}
