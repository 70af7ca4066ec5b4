import { useVirtualizer } from "@tanstack/react-virtual";
import { ScrollText } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { formatCount } from "../format/amounts.ts";
import { Empty } from "../parts/Empty.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useLogs } from "../stores/logs.ts";
import { en } from "../strings/en.ts";
import { ALL_LINES, matchLines, type LogFilter } from "./log-filter.ts";
import { LogRow } from "./LogRow.tsx";
import { LogTools } from "./LogTools.tsx";
import "./logs.css";

const ROW_HEIGHT = 24;

export default function Logs() {
  const lines = useLogs((state) => state.lines);
  const dropped = useLogs((state) => state.dropped);
  const [filter, setFilter] = useState<LogFilter>(ALL_LINES);
  const [following, setFollowing] = useState(true);
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => matchLines(lines, wanted), [lines, wanted]);
  const list = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- this project does not use the compiler that it bothers
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => shown[index]?.seq ?? index,
    overscan: 12,
  });
  useEffect(() => {
    if (following && shown.length > 0) rows.scrollToIndex(shown.length - 1, { align: "end" });
  }, [following, shown, rows]);
  return (
    <Screen wide title={en.logs.title}>
      <div className="logs">
        <LogTools filter={filter} onFilter={setFilter} following={following} onFollow={setFollowing} shown={shown} />
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only notices that someone scrolls up */}
        <section
          className="log-list"
          ref={list}
          aria-label={en.logs.list}
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must take the focus
          tabIndex={0}
          // Turning the wheel up holds the view still; the switch takes it back to the end.
          onWheel={({ deltaY }) => deltaY < 0 && setFollowing(false)}
          onKeyDown={({ key }) => ["ArrowUp", "PageUp", "Home"].includes(key) && setFollowing(false)}
        >
          {lines.length === 0 && <Empty icon={ScrollText} title={en.logs.emptyTitle} text={en.logs.emptyText} />}
          {lines.length > 0 && shown.length === 0 && <p className="soft log-none">{en.logs.nothingMatches}</p>}
          <div className="log-space" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ index, key, start }) => (
              <div key={key} ref={rows.measureElement} data-index={index} className="log-place" style={{ transform: `translateY(${start}px)` }}>
                <LogRow line={shown[index]!} />
              </div>
            ))}
          </div>
        </section>
        <p className="small soft">
          {en.logs.count(formatCount(shown.length), formatCount(lines.length))}
          {dropped > 0 && ` · ${en.logs.dropped(formatCount(dropped))}`}
        </p>
      </div>
    </Screen>
  );
}
