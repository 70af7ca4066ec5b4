/** A page that is not shown draws no pictures: it is served all the same, a little later. Milliseconds. */
const HIDDEN = 250;

/** Collects what comes between two pictures and hands it over once, before the next one. */
export function eachFrame<Item>(take: (items: Item[]) => void): { add(item: Item): void; flush(): void } {
  let waiting: Item[] = [];
  let due = false;
  const flush = () => {
    due = false;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    take(items);
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (due) return;
      due = true;
      if (document.hidden) setTimeout(flush, HIDDEN);
      else requestAnimationFrame(flush);
    },
    flush,
  };
}
