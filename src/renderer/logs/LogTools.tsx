import { Download, LifeBuoy } from "lucide-react";
import { memo, useState } from "react";
import type { LogLevel, LogLine } from "../../contract/logs.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { saveText, stamp } from "../parts/save-text.ts";
import { Select } from "../parts/Select.tsx";
import { useLogs } from "../stores/logs.ts";
import { t } from "../strings/language.ts";
import { toPlainText, type LogFilter } from "./log-filter.ts";
import { sourceName } from "./source-name.ts";
import { SupportBundle } from "./SupportBundle.tsx";

interface LogToolsProps {
  filter: LogFilter;
  onFilter(filter: LogFilter): void;
  following: boolean;
  onFollow(following: boolean): void;
  raw: boolean;
  onRaw(raw: boolean): void;
  /** The lines that are shown now; asked for when something is done with them. */
  shown(): readonly LogLine[];
}

/** Drawn anew when a choice changes, not at every batch of lines. */
export const LogTools = memo(function LogTools({ filter, onFilter, following, onFollow, raw, onRaw, shown }: LogToolsProps) {
  const sources = useLogs((state) => state.sources);
  const [bundle, setBundle] = useState(false);
  return (
    <div className="log-tools">
      <div className="field">
        <label htmlFor="log-source">{t.logs.source}</label>
        <Select id="log-source" value={filter.source} onChange={({ target }) => onFilter({ ...filter, source: target.value })}>
          <option value="">{t.logs.allSources}</option>
          {sources.map((source) => <option key={source} value={source}>{sourceName(source)}</option>)}
        </Select>
      </div>
      <div className="field">
        <label htmlFor="log-level">{t.logs.level}</label>
        <Select id="log-level" value={filter.level} onChange={({ target }) => onFilter({ ...filter, level: target.value as LogLevel })}>
          {Object.entries(t.logs.levels).map(([level, words]) => <option key={level} value={level}>{words}</option>)}
        </Select>
      </div>
      <div className="field">
        <label htmlFor="log-view">{t.logs.view}</label>
        <Select id="log-view" value={raw ? "raw" : "plain"} onChange={({ target }) => onRaw(target.value === "raw")}>
          <option value="plain">{t.logs.plain}</option>
          <option value="raw">{t.logs.raw}</option>
        </Select>
      </div>
      <div className="field grow">
        <label htmlFor="log-search">{t.logs.search}</label>
        <input id="log-search" type="search" className="input" value={filter.search} placeholder={t.logs.searchPlaceholder} onChange={({ target }) => onFilter({ ...filter, search: target.value })} />
      </div>
      <label className="check-row">
        <input type="checkbox" className="checkbox" checked={following} onChange={({ target }) => onFollow(target.checked)} />
        {t.logs.followHint}
      </label>
      <div className="row">
        <CopyButton text={() => toPlainText(shown())} label={t.logs.copy} />
        <Button look="quiet" size="compact" onClick={() => saveText(t.logs.fileName(stamp()), toPlainText(shown()))}><Download size={16} aria-hidden />{t.logs.save}</Button>
        <Button look="quiet" size="compact" onClick={() => setBundle(true)}><LifeBuoy size={16} aria-hidden />{t.logs.bundle}</Button>
      </div>
      {bundle && <SupportBundle onClose={() => setBundle(false)} />}
    </div>
  );
});
