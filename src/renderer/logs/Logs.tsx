import { ArrowDown, ScrollText } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { LogLine } from "../../contract/logs.ts";
import { formatCount } from "../format/amounts.ts";
import { Button } from "../parts/Button.tsx";
import { Empty } from "../parts/Empty.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useLogs } from "../stores/logs.ts";
import { t } from "../strings/language.ts";
import { ALL_LINES, matchLines, type LogFilter } from "./log-filter.ts";
import { LogList } from "./LogList.tsx";
import { LogTools } from "./LogTools.tsx";
import "./logs.css";

export default function Logs() {
  const lines = useLogs((state) => state.lines);
  const dropped = useLogs((state) => state.dropped);
  const [filter, setFilter] = useState<LogFilter>(ALL_LINES);
  // Held, the list stands still whatever comes and whatever is dropped at its other end.
  const [held, setHeld] = useState<readonly LogLine[] | null>(null);
  const following = held === null;
  const [raw, setRaw] = useState(false);
  const wanted = useDeferredValue(filter);
  const still = held ?? lines;
  const shown = useMemo(() => matchLines(still, wanted), [still, wanted]);
  const missed = following ? 0 : Math.max(0, (lines.at(-1)?.seq ?? 0) - (still.at(-1)?.seq ?? 0));
  const latest = useRef(shown);
  useEffect(() => void (latest.current = shown));
  const seen = useCallback(() => latest.current, []);
  const follow = useCallback((on: boolean) => setHeld((now) => (on ? null : (now ?? useLogs.getState().lines))), []);
  const hold = useCallback(() => follow(false), [follow]);
  return (
    <Screen wide title={t.logs.title}>
      <div className="logs">
        <LogTools filter={filter} onFilter={setFilter} following={following} onFollow={follow} raw={raw} onRaw={setRaw} shown={seen} />
        <LogList
          shown={shown}
          following={following}
          onHold={hold}
          raw={raw}
          empty={
            <>
              {lines.length === 0 && <Empty icon={ScrollText} title={t.logs.emptyTitle} text={t.logs.emptyText} />}
              {lines.length > 0 && shown.length === 0 && <p className="soft log-none">{t.logs.nothingMatches}</p>}
            </>
          }
        />
        <div className="log-foot">
          <p className="small soft">
            {t.logs.count(formatCount(shown.length), formatCount(lines.length))}
            {dropped > 0 && ` · ${t.logs.dropped(formatCount(dropped))}`}
          </p>
          {!following && (
            <p className="row small">
              <span>{missed > 0 ? t.logs.newLines(missed) : t.logs.hold}</span>
              <Button size="compact" onClick={() => follow(true)}><ArrowDown size={16} aria-hidden />{t.logs.toEnd}</Button>
            </p>
          )}
        </div>
      </div>
    </Screen>
  );
}
