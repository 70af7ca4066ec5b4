/** Seconds between two signs of life where lines cannot be rewritten. */
const SIGN_OF_LIFE = 10;

const elapsed = (since) => `${Math.round((Date.now() - since) / 1000)} s`;

/**
 * Names each step in plain words and says how long it takes. All of it goes to standard error, so
 * that a command's own output stays clean.
 * @param {{ write(text: string): unknown, isTTY?: boolean }} stream
 */
export function createProgress(stream = process.stderr) {
  return {
    /** @template T @param {string} title @param {() => Promise<T>} work @returns {Promise<T>} */
    async step(title, work) {
      const since = Date.now();
      const live = stream.isTTY === true;
      stream.write(live ? `${title} …` : `${title} …\n`);
      const timer = setInterval(() => stream.write(live ? `\r${title} … ${elapsed(since)}` : `  still at it, ${elapsed(since)}\n`), live ? 1_000 : SIGN_OF_LIFE * 1_000);
      try {
        const result = await work();
        stream.write(live ? `\r\u001B[K${title}: done in ${elapsed(since)}\n` : `${title}: done in ${elapsed(since)}\n`);
        return result;
      } catch (error) {
        stream.write(live ? `\r\u001B[K${title}: failed after ${elapsed(since)}\n` : `${title}: failed after ${elapsed(since)}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
    /** Says what is good to know and stops nothing. @param {string} line */
    note(line) {
      stream.write(`${line}\n`);
    },
  };
}
