import { Download } from "lucide-react";
import type { LogLevel, LogLine } from "../../contract/logs.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { useLogs } from "../stores/logs.ts";
import { en } from "../strings/en.ts";
import { toPlainText, type LogFilter } from "./log-filter.ts";

interface LogToolsProps {
  filter: LogFilter;
  onFilter(filter: LogFilter): void;
  following: boolean;
  onFollow(following: boolean): void;
  shown: readonly LogLine[];
}

export function LogTools({ filter, onFilter, following, onFollow, shown }: LogToolsProps) {
  const sources = useLogs((state) => state.sources);
  return (
    <div className="log-tools">
      <div className="field">
        <label htmlFor="log-source">{en.logs.source}</label>
        <select id="log-source" className="input" value={filter.source} onChange={({ target }) => onFilter({ ...filter, source: target.value })}>
          <option value="">{en.logs.allSources}</option>
          {sources.map((source) => <option key={source} value={source}>{source}</option>)}
        </select>
      </div>
      <div className="field">
        <label htmlFor="log-level">{en.logs.level}</label>
        <select id="log-level" className="input" value={filter.level} onChange={({ target }) => onFilter({ ...filter, level: target.value as LogLevel })}>
          {Object.entries(en.logs.levels).map(([level, words]) => <option key={level} value={level}>{words}</option>)}
        </select>
      </div>
      <div className="field grow">
        <label htmlFor="log-search">{en.logs.search}</label>
        <input id="log-search" type="search" className="input" value={filter.search} placeholder={en.logs.searchPlaceholder} onChange={({ target }) => onFilter({ ...filter, search: target.value })} />
      </div>
      <label className="log-follow">
        <input type="checkbox" checked={following} onChange={({ target }) => onFollow(target.checked)} />
        {en.logs.followHint}
      </label>
      <div className="row">
        <CopyButton text={() => toPlainText(shown)} label={en.logs.copy} />
        <Button look="quiet" size="compact" onClick={() => save(shown)}><Download size={16} aria-hidden />{en.logs.save}</Button>
      </div>
    </div>
  );
}

function save(lines: readonly LogLine[]): void {
  const url = URL.createObjectURL(new Blob([toPlainText(lines)], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: en.logs.fileName(new Date().toISOString().slice(0, 19).replaceAll(":", "-")) });
  link.click();
  URL.revokeObjectURL(url);
}
