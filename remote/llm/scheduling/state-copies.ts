import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LlamaContextSequence } from "node-llama-cpp";

/** A file system in memory, where there is one. */
const MEMORY = "/dev/shm";

/**
 * Carries what one sequence remembers over into others, so that none of it is evaluated again.
 * node-llama-cpp does that by way of a file. It is a file of moments, in a folder that only this
 * user can read: it holds what somebody wrote. Measured with the small model, 700 tokens are
 * carried over in 15 ms of processor time and evaluated in 3.9 s.
 *
 * Nothing may be under evaluation meanwhile. Where a copy fails, mostly for want of room, what was
 * to be replaced is empty or untouched, and no further copy is tried.
 */
export class StateCopies {
  #possible = true;

  /** Whether there is sense in asking. */
  possible(sequence: LlamaContextSequence): boolean {
    // What such models keep of a sequence cannot be cut back to a shared beginning.
    return this.#possible && !sequence.needsCheckpoints;
  }

  /** Makes `to` remember what `from` does; false where that cannot be, and `to` are empty then. */
  async copy(from: LlamaContextSequence, to: readonly LlamaContextSequence[]): Promise<boolean> {
    if (!this.possible(from)) return false;
    return this.#attempt(to, async (folder) => {
      const file = join(folder, "state");
      await from.saveStateToFile(file);
      for (const sequence of to) await sequence.loadStateFromFile(file, { acceptRisk: true });
    });
  }

  /** Each comes to remember what the other did; false where that cannot be. */
  async exchange(one: LlamaContextSequence, other: LlamaContextSequence): Promise<boolean> {
    const [ones, others] = [one.nextTokenIndex, other.nextTokenIndex];
    return this.#attempt([one, other], async (folder) => {
      const [first, second] = [join(folder, "one"), join(folder, "other")];
      if (ones > 0) await one.saveStateToFile(first);
      if (others > 0) await other.saveStateToFile(second);
      if (ones > 0) await other.loadStateFromFile(first, { acceptRisk: true });
      else await other.clearHistory();
      if (others > 0) await one.loadStateFromFile(second, { acceptRisk: true });
      else await one.clearHistory();
    });
  }

  async #attempt(replaced: readonly LlamaContextSequence[], work: (folder: string) => Promise<void>): Promise<boolean> {
    const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "ai-mentor-state-"));
    try {
      await work(folder);
      return true;
    } catch {
      this.#possible = false;
      for (const sequence of replaced) await sequence.clearHistory();
      return false;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
