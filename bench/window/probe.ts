/** What a page under measurement records of itself; installed before its first script. */
export const PROBE = `
  window.probe = { frames: [], long: [], tokens: [] };
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => probe.long.push(duration))).observe({ type: "longtask", buffered: true });
  const frame = (at) => { probe.frames.push(at); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
`;

/** Notes when each word that carries the time of its sending was in the picture: in the frame after it came into the page. */
export const WATCH_TOKENS = `
  (() => {
    let seen = 0;
    const list = document.querySelector(".chat-list");
    new MutationObserver(() => {
      const sent = [...list.textContent.matchAll(/@(\\d{13})/g)].map((match) => Number(match[1]));
      const fresh = sent.slice(seen);
      seen = sent.length;
      if (fresh.length > 0) requestAnimationFrame(() => setTimeout(() => { const now = Date.now(); for (const at of fresh) probe.tokens.push(now - at); }));
    }).observe(list, { childList: true, subtree: true, characterData: true });
  })()
`;

export const percentile = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;

/** Frames a second over all of it, and in the worst second. */
export function frameRates(frames: readonly number[]): { mean: number; worst: number } {
  const seconds = (frames.at(-1)! - frames[0]!) / 1000;
  const perSecond = Array.from({ length: Math.floor(seconds) }, (_, second) => frames.filter((at) => at >= frames[0]! + second * 1000 && at < frames[0]! + (second + 1) * 1000).length);
  return { mean: (frames.length - 1) / seconds, worst: Math.min(...perSecond) };
}
