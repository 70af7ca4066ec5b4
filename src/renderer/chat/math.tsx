import "katex/dist/katex.min.css";
import { render } from "katex";
import { useLayoutEffect, useRef } from "react";
import remarkMath from "remark-math";
import type { Options } from "react-markdown";

/** Formulas are set by KaTeX, which is large: this module is loaded when the first formula comes. */
export const mathPlugins: Options["remarkPlugins"] = [[remarkMath, { singleDollarTextMath: false }]];

/**
 * Built as elements, not as HTML: the window's policy lets no HTML bring styles. Nothing in a formula
 * may load, link or run for ever; one that cannot be set is shown as it was written.
 */
export function Formula({ tex, display }: { tex: string; display: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current !== null) render(tex, place.current, { displayMode: display, throwOnError: false, strict: "ignore", trust: false, maxExpand: 200, maxSize: 20 });
  }, [tex, display]);
  return <span ref={place} className={display ? "formula display" : "formula"} />;
}
