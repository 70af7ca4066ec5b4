import { ExternalLink, FileText } from "lucide-react";
import { useState } from "react";
import type { ChatSource } from "../../contract/chat.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { core, reportOf } from "../connection/failure.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { t } from "../strings/language.ts";

export function Sources({ sources }: { sources: readonly ChatSource[] }) {
  return (
    <aside className="sources" aria-label={t.chat.sources(sources.length)}>
      <h3>{t.chat.sources(sources.length)}</h3>
      <ol>
        {sources.map((source) => <SourceRow key={`${source.metadata.file}#${source.metadata.passage}`} source={source} />)}
      </ol>
    </aside>
  );
}

function SourceRow({ source: { text, score, metadata } }: { source: ChatSource }) {
  const { file, section, page } = metadata;
  const [opening, setOpening] = useState(false);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  const place = [section, page === null ? null : t.chat.page(page)].filter((part) => part !== null).join(" · ");
  const open = async () => {
    setOpening(true);
    setProblem(null);
    try {
      const { url } = await core().course.open({ file, page });
      window.open(url, "_blank", "noopener,noreferrer");
    } catch (thrown) {
      setProblem(reportOf(thrown));
    } finally {
      setOpening(false);
    }
  };
  return (
    <li className="source">
      <FileText size={18} aria-hidden />
      <div>
        <p className="source-file">{file}</p>
        {place !== "" && <p className="small">{place}</p>}
        <p className="small soft">{t.chat.relevance(Math.round(Math.max(0, score) * 100))}</p>
        <details className="small">
          <summary>{t.chat.passage}</summary>
          <blockquote>{text}</blockquote>
        </details>
        <Button look="quiet" size="compact" blocked={opening} onClick={open}>
          <ExternalLink size={16} aria-hidden />
          {opening ? t.chat.opening : page === null ? t.chat.openDocument : t.chat.openPage(page)}
          <span className="hidden-text"> ({file})</span>
        </Button>
        {problem !== null && <ErrorNotice report={problem} look="warn" />}
      </div>
    </li>
  );
}
