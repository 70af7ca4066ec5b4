import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import type { LogLine } from "../../contract/logs.ts";
import { t } from "../strings/language.ts";
import { LogRow } from "./LogRow.tsx";

/** Of a line that is not opened, in rem; as in logs.css. */
const ROW_REM = 1.625;
/** Rows beyond the edges, so that a quick scroll shows no gap. */
const BEYOND = 8;

interface LogListProps {
  shown: readonly LogLine[];
  following: boolean;
  onHold(): void;
  raw: boolean;
  empty: ReactNode;
}

/**
 * Only the rows that can be seen are in the page. They are all of one height but the opened one, so
 * where they stand is arithmetic. While following, the last ones are drawn whatever the scroll position
 * says, in the same elements again and again: thousands of lines a second cost one drawing a batch.
 */
export function LogList({ shown, following, onHold, raw, empty }: LogListProps) {
  const list = useRef<HTMLElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [open, setOpen] = useState<{ seq: number; height: number } | null>(null);
  const row = ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const openAt = open === null ? -1 : shown.findIndex(({ seq }) => seq === open.seq);
  const extra = openAt < 0 ? 0 : Math.max(0, open!.height - row);
  const total = shown.length * row + extra;
  const from = following ? Math.max(0, shown.length - Math.ceil(height / row)) : Math.max(0, Math.floor((top - extra) / row) - BEYOND);
  const to = following ? shown.length : Math.min(shown.length, Math.ceil((top + height) / row) + BEYOND);

  useEffect(() => {
    const element = list.current!;
    const size = new ResizeObserver(() => setHeight(element.clientHeight));
    size.observe(element);
    return () => size.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (following) list.current!.scrollTop = total;
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- when the store is full, new lines come without a new height
  }, [following, shown, total]);
  useLayoutEffect(() => {
    const opened = list.current!.querySelector<HTMLElement>(".log-row.open");
    if (opened === null) return;
    setOpen((current) => (current === null || current.height === opened.offsetHeight ? current : { ...current, height: opened.offsetHeight }));
    // Opened at the lower edge, a line would not be seen whole.
    opened.scrollIntoView({ block: "nearest" });
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- it measures what opening has changed
  }, [open]);

  const toggle = useCallback(
    (seq: number) => {
      // Where the list is held, it is drawn by its position from now on.
      setTop(list.current!.scrollTop);
      onHold();
      setOpen((current) => (current?.seq === seq ? null : { seq, height: 0 }));
    },
    [onHold],
  );
  const hold = () => {
    setTop(list.current!.scrollTop);
    onHold();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only notices that someone scrolls up
    <section
      className={raw ? "log-list raw" : "log-list"}
      ref={list}
      aria-label={t.logs.list}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must take the focus
      tabIndex={0}
      onScroll={({ currentTarget }) => !following && setTop(currentTarget.scrollTop)}
      // Turning the wheel up holds the view still; the switch takes it back to the end.
      onWheel={({ deltaY }) => deltaY < 0 && following && hold()}
      onKeyDown={({ key }) => ["ArrowUp", "PageUp", "Home"].includes(key) && following && hold()}
    >
      {empty}
      <div className="log-space" style={{ height: total }}>
        <div className="log-window" style={{ transform: `translateY(${from * row + (openAt >= 0 && openAt < from ? extra : 0)}px)` }}>
          {shown.slice(from, to).map((line, place) => (
            <LogRow key={following ? place : line.seq} line={line} raw={raw} open={line.seq === open?.seq} onOpen={toggle} />
          ))}
        </div>
      </div>
    </section>
  );
}
