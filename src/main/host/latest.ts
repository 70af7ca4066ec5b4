/**
 * Turns callbacks into an async iterable that keeps only the newest value while the consumer is
 * busy: progress and lists are worth nothing once a newer one is there. Ends when `work` does, and
 * throws what it threw.
 */
export async function* latest<Value>(work: (push: (value: Value) => void) => Promise<unknown>, signal: AbortSignal): AsyncGenerator<Value> {
  let newest: { value: Value } | null = null;
  let outcome: { error?: unknown } | null = null;
  let wake = () => {};
  const ring = () => wake();
  signal.addEventListener("abort", ring, { once: true });
  work((value) => {
    newest = { value };
    ring();
  }).then(
    () => ((outcome = {}), ring()),
    (error: unknown) => ((outcome = { error }), ring()),
  );
  try {
    while (true) {
      const next = newest as { value: Value } | null;
      newest = null;
      if (next !== null) yield next.value;
      else if (outcome !== null) {
        const { error } = outcome as { error?: unknown };
        if (error !== undefined && !signal.aborted) throw error;
        return;
      } else if (signal.aborted) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener("abort", ring);
  }
}
