import { FileText } from "lucide-react";
import type { ChatSource } from "../../contract/chat.ts";
import { en } from "../strings/en.ts";

export function Sources({ sources }: { sources: readonly ChatSource[] }) {
  return (
    <aside className="sources" aria-label={en.chat.sources(sources.length)}>
      <h3>{en.chat.sources(sources.length)}</h3>
      <ol>
        {sources.map((source) => <SourceRow key={`${source.metadata.file}#${source.metadata.passage}`} source={source} />)}
      </ol>
    </aside>
  );
}

function SourceRow({ source: { text, score, metadata } }: { source: ChatSource }) {
  const { file, section, page } = metadata;
  const place = [section, page === null ? null : en.chat.page(page)].filter((part) => part !== null).join(" · ");
  return (
    <li className="source">
      <FileText size={18} aria-hidden />
      <div>
        <p className="source-file">{file}</p>
        {place !== "" && <p className="small">{place}</p>}
        <p className="small soft">{en.chat.relevance(Math.round(Math.max(0, score) * 100))}</p>
        <details className="small">
          <summary>{en.chat.passage}</summary>
          <blockquote>{text}</blockquote>
        </details>
      </div>
    </li>
  );
}
