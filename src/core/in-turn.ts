/** Runs pieces of work one after the other, in the order they came; a failed one stops none behind it. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  run<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
