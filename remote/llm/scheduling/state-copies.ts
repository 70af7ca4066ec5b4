import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LlamaContextSequence } from "node-llama-cpp";

/** A file system in memory, where there is one. Containers often have 64 MB of it: what does not fit goes to the disk. */
const PLACES = ["/dev/shm", tmpdir()].filter((folder) => existsSync(folder));

/**
 * Carries what one sequence remembers over into others, so that none of it is evaluated again.
 * node-llama-cpp does that by way of a file. It is a file of moments, in a folder that only this
 * user can read: it holds what somebody wrote. Measured with the small model, 700 tokens are
 * carried over in 15 ms of processor time and evaluated in 3.9 s.
 *
 * Nothing may be under evaluation meanwhile. Where a copy fails in every place, mostly for want of
 * room, what was to be replaced is empty or untouched, and no further copy is tried.
 */
export class StateCopies {
  /** Those before have failed. */
  #place = 0;

  /** Whether there is sense in asking. */
  possible(sequence: LlamaContextSequence): boolean {
    // What such models keep of a sequence cannot be cut back to a shared beginning.
    return this.#place < PLACES.length && !sequence.needsCheckpoints;
  }

  /** Makes `to` remember what `from` does; false where that cannot be, and `to` are empty or untouched then. */
  async copy(from: LlamaContextSequence, to: readonly LlamaContextSequence[]): Promise<boolean> {
    if (!this.possible(from)) return false;
    return this.#attempt([from], to, async ([state]) => {
      for (const sequence of to) await restore(sequence, state!);
    });
  }

  /** Each comes to remember what the other did; false where that cannot be. */
  async exchange(one: LlamaContextSequence, other: LlamaContextSequence): Promise<boolean> {
    return this.#attempt([one, other], [one, other], async ([ones, others]) => {
      await restore(other, ones!);
      await restore(one, others!);
    });
  }

  /** Keeps what `kept` remember, then replaces. */
  async #attempt(kept: readonly LlamaContextSequence[], replaced: readonly LlamaContextSequence[], replace: (states: (string | null)[]) => Promise<void>): Promise<boolean> {
    for (const place of PLACES.slice(this.#place)) {
      const folder = await mkdtemp(join(place, "ai-mentor-state-")).catch(() => null);
      if (folder === null) continue;
      try {
        const states: (string | null)[] = [];
        for (const [index, sequence] of kept.entries()) states.push(await save(sequence, join(folder, String(index))));
        try {
          await replace(states);
          return true;
        } catch {
          for (const sequence of replaced) await sequence.clearHistory();
          this.#place = PLACES.length;
          return false;
        }
      } catch {
        // Nothing has been replaced yet: the next place may have room.
        this.#place = PLACES.indexOf(place) + 1;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return false;
  }
}

/** Path of what it remembers; null for nothing. */
async function save(sequence: LlamaContextSequence, path: string): Promise<string | null> {
  if (sequence.nextTokenIndex === 0) return null;
  await sequence.saveStateToFile(path);
  return path;
}

async function restore(sequence: LlamaContextSequence, state: string | null): Promise<void> {
  if (state === null) await sequence.clearHistory();
  else await sequence.loadStateFromFile(state, { acceptRisk: true });
}
