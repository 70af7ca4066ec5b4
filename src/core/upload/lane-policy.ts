import { CHANNEL_WINDOW_BYTES, FAST_LINE } from "./lane-pace.ts";

const FEWEST_FIRST = 4;
/** sshd turns simultaneous log-ins away from the tenth on (MaxStartups 10:30:100). */
const MOST_FIRST = 8;
/** On 0.1 % loss and 150 ms, 48 connections fill 200 Mbit/s, and 32 do not (CUBIC). */
export const MOST_LANES = 48;

/** How many lanes to begin with: enough that their windows together fill a fast line. */
export function firstLanes(roundTripMs: number): number {
  const fill = Math.ceil((FAST_LINE * roundTripMs) / 1000 / CHANNEL_WINDOW_BYTES) + 1;
  return Math.min(MOST_FIRST, Math.max(FEWEST_FIRST, fill));
}

/** What was seen in one period, a second. */
export interface LaneSample {
  /** At work. */
  lanes: number;
  /** Bytes per second that arrived. */
  rate: number;
  /** Milliseconds that a question takes there and back when nothing is on the line, and now; null while nobody knows. */
  delay: { way: number; now: number } | null;
  /** Share of the time in which the thread that sends had work to do, 0 to 1. */
  busy: number;
}

/** A queue that makes a question wait a seventh of the way, and longer than a busy computer would, is a full line. */
const QUEUE_SHARE = 0.15;
const LEAST_QUEUE_MS = 8;
/** More are opened when of those that were wanted at least so many are at work: on a lossy line the last one takes long. */
const READY_SHARE = 0.75;
/** Periods in a row that a line has to look so before a number that once filled it is changed. */
const SURE = 2;
const STEADY = 3;
const LONG = 10;
const VERY_LONG = 60;
export const PERIOD_MS = 1_000;
/** Round trips from 14 kB to the 2 MiB of a channel's window, doubling, and two for the opening. */
const SLOW_START_ROUNDS = 10;
/** Lanes that bring so many times as much as in the period before are still getting up to speed. */
const SPEEDING_UP = 1.25;
/** Periods of which one number of lanes is compared with another. */
const TRIAL = 5;
/** Fewer lanes that bring this share of what more brought are enough. */
const AS_GOOD = 0.95;

/** On a shorter way, in milliseconds, a lost packet is sent again before anybody misses it. */
const SHORT_WAY_MS = 5;
/** A thread that is busier has no time for more lanes. */
const MOST_BUSY = 0.8;

/** Whether the line, or this computer, carries all it can: more lanes would bring no more. */
export function isFull({ delay, busy }: LaneSample): boolean {
  if (busy > MOST_BUSY) return true;
  if (delay === null) return false;
  return delay.way < SHORT_WAY_MS || delay.now - delay.way > Math.max(LEAST_QUEUE_MS, delay.way * QUEUE_SHARE);
}

/**
 * How many lanes to use, asked once a period. One TCP connection is held down by every lost packet;
 * many are not. So more lanes until the line is full: at first twice as many each time, since a
 * session waits, later a few. Fewer when it stays full, or when as many as there may be do not fill
 * it and fewer bring as much, since lanes cost both ends work.
 */
export class LanePolicy {
  readonly #first: number;
  readonly #most: number;
  #wanted: number;
  /** The line has been full: the right number is near. */
  #found = false;
  #fullFor = 0;
  #freeFor = 0;
  /** In the last period. */
  #last = 0;
  /** Periods since lanes were added: what they bring is not seen at once. */
  #sinceMore = 0;
  /** Rates with as many lanes as there may be, then with fewer. */
  readonly #rates: number[] = [];
  #trial: { lanes: number; rate: number } | undefined;
  /** Periods in which what a trial has found is not asked again. */
  #rest = 0;

  constructor(first: number, most: number) {
    this.#most = Math.min(most, MOST_LANES);
    this.#first = Math.min(first, this.#most);
    this.#wanted = this.#first;
  }

  get wanted(): number {
    return this.#wanted;
  }

  /** How many there should be. */
  next(sample: LaneSample): number {
    const { lanes, rate } = sample;
    // Nothing is sent (a cut, or what is there already is being checked), or too many are still being opened.
    if (rate === 0 || lanes < this.#wanted * READY_SHARE) return this.#wanted;
    if (isFull(sample)) this.#onFull();
    else this.#onFree(sample);
    return this.#wanted;
  }

  #onFull(): void {
    this.#freeFor = 0;
    this.#rates.length = 0;
    this.#trial = undefined;
    this.#fullFor++;
    if (this.#fullFor >= SURE) this.#found = true;
    if (this.#fullFor % LONG !== 0) return;
    this.#wanted = Math.max(this.#first, this.#wanted - Math.ceil(this.#wanted / 8));
  }

  #onFree({ rate, delay }: LaneSample): void {
    this.#fullFor = 0;
    this.#freeFor++;
    if (this.#rest > 0) return void this.#rest--;
    const gain = rate / this.#last;
    this.#last = rate;
    const slowStartMs = (delay?.way ?? 0) * SLOW_START_ROUNDS;
    if (++this.#sinceMore * PERIOD_MS < slowStartMs || (this.#wanted === this.#first && gain > SPEEDING_UP)) return;
    if (this.#wanted === this.#most || this.#trial !== undefined) return this.#tryFewer(rate);
    if (!this.#found) this.#wanted = Math.min(this.#most, this.#wanted * 2);
    else if (this.#freeFor % STEADY === 0) this.#wanted = Math.min(this.#most, this.#wanted + Math.ceil(this.#wanted / 4));
    else return;
    this.#sinceMore = 0;
  }

  /** No number of lanes fills the line: it is limited by something else, and perhaps fewer would do. */
  #tryFewer(rate: number): void {
    this.#rates.push(rate);
    if (this.#trial === undefined) {
      if (this.#rates.length < LONG + TRIAL) return;
      this.#trial = { lanes: this.#wanted, rate: mean(this.#rates.splice(0).slice(-TRIAL)) };
      this.#wanted = Math.max(this.#first, Math.floor((this.#wanted * 3) / 4));
      return;
    }
    // The first period after the change belongs to neither.
    if (this.#rates.length <= TRIAL) return;
    const fewer = mean(this.#rates.splice(0).slice(1));
    if (fewer < this.#trial.rate * AS_GOOD) {
      this.#wanted = this.#trial.lanes;
      this.#trial = undefined;
      this.#found = true;
      this.#rest = VERY_LONG;
    } else {
      this.#trial = { lanes: this.#wanted, rate: fewer };
      this.#wanted = Math.max(this.#first, Math.floor((this.#wanted * 3) / 4));
    }
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
