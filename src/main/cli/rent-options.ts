import { InvalidArgumentError, Option, type Command } from "commander";
import type { Cloud } from "../../contract/rent.ts";
import type { RunpodChoice } from "../../contract/session.ts";
import { UsageError } from "./failure.ts";

/** What a rented machine may be and cost, as words of a command line. */
export interface RentOptions {
  maxPrice?: number;
  gpu?: string[];
  cloud?: Cloud[];
  volume?: string;
  pod?: string;
  disk?: number;
  stopAfter?: number;
  idleStop?: number | "never";
  budget?: number;
  withoutGuard?: boolean;
}

const NAMES: Record<keyof RentOptions, string> = { maxPrice: "--max-price", gpu: "--gpu", cloud: "--cloud", volume: "--volume", pod: "--pod", disk: "--disk", stopAfter: "--stop-after", idleStop: "--idle-stop", budget: "--budget", withoutGuard: "--without-guard" };

export function withRentOptions(command: Command): Command {
  return command
    .addOption(new Option("--max-price <usd>", "the most that a rented machine may cost an hour").argParser(dollarAmount))
    .addOption(new Option("--gpu <list>", "graphics cards that will do, with commas between (default: every one that the model fits on)").argParser(list))
    .addOption(new Option("--cloud <list>", "secure, community or both (default: both)").argParser(clouds))
    .option("--volume <id>", "network volume that keeps model and course")
    .option("--pod <id>", "stopped machine of ours that is started again")
    .addOption(new Option("--disk <gb>", "size of the machine's own disk (default: what the model needs)").argParser(gigabytes))
    .addOption(new Option("--stop-after <time>", "stop the machine after this time, whatever happens: 90m, 3h (default: 4h)").argParser(duration))
    .addOption(new Option("--idle-stop <time>", "stop it when nobody has used it for this time: 20m, or never (default: 30m)").argParser(idleTime))
    .addOption(new Option("--budget <usd>", "warn at four fifths of this amount, and stop the machine before it is spent").argParser(dollarAmount))
    .option("--without-guard", "go on even where the machine cannot show that it can stop itself");
}

/** Throws a UsageError for such options beside another host. */
export function requireNoRent(options: RentOptions): void {
  const [given] = (Object.keys(NAMES) as (keyof RentOptions)[]).filter((name) => options[name] !== undefined);
  if (given !== undefined) throw new UsageError(`${NAMES[given]} goes with --host runpod.`);
}

export function rentChoice({ maxPrice, gpu, cloud, volume, pod, disk, stopAfter, idleStop, budget, withoutGuard }: RentOptions): RunpodChoice {
  if (pod !== undefined && volume !== undefined) throw new UsageError("--pod and --volume exclude each other: a stopped machine has its disk.");
  return { kind: "runpod", maxMicroUsdPerHour: maxPrice, gpus: gpu, clouds: cloud, volumeId: volume, podId: pod, diskGigabytes: disk, stopAfterSeconds: stopAfter, idleStopSeconds: secondsOrNever(idleStop), budgetMicroUsd: budget, withoutGuard };
}

/** "0.40" or "$0.40" in micro-dollars. */
export function dollarAmount(word: string): number {
  const value = /^\$?(\d{1,6}(?:\.\d{1,6})?)$/.exec(word)?.[1];
  const micro = Math.round(Number(value) * 1e6);
  if (value === undefined || micro <= 0) throw new InvalidArgumentError("It is an amount of US dollars, as in 0.40.");
  return micro;
}

const UNIT = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** "90m", "3h", "1h30m" in seconds. */
export function duration(word: string): number {
  const parts = [...word.matchAll(/(\d+)([smhd])/g)];
  const seconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT[unit as keyof typeof UNIT], 0);
  if (parts.length === 0 || parts.map(([text]) => text).join("") !== word || seconds < 60) throw new InvalidArgumentError("It is a time of a minute or more, as in 20m, 3h or 1h30m.");
  return seconds;
}

/** A time, or "never". */
export const idleTime = (word: string): number | "never" => (word === "never" ? word : duration(word));

export const secondsOrNever = (idle: number | "never" | undefined): number | null | undefined => (idle === "never" ? null : idle);

function list(word: string): string[] {
  const items = word.split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (items.length === 0) throw new InvalidArgumentError("It is a list with commas between, as in \"RTX A5000,RTX 4090\".");
  return items;
}

function clouds(word: string): Cloud[] {
  const items = list(word);
  if (!items.every((item): item is Cloud => item === "secure" || item === "community")) throw new InvalidArgumentError("It is secure, community or both, with a comma between.");
  return items;
}

function gigabytes(word: string): number {
  if (!/^\d{2,4}$/.test(word) || Number(word) > 4096) throw new InvalidArgumentError("It is a number of gigabytes from 10 to 4096.");
  return Number(word);
}
