import { CircleAlert } from "lucide-react";
import { ERRORS, type ErrorReport } from "../../contract/errors.ts";
import { t } from "../strings/language.ts";
import { FromCore } from "../parts/FromCore.tsx";
import { HelpActions } from "./HelpActions.tsx";

/** The whole story of a failure, and what to press. */
export function NeedsHelp({ report }: { report: ErrorReport }) {
  const { title, kept, advice } = t.errors[report.code];
  const { costsWhileWaiting } = ERRORS[report.code];
  return (
    <section className="sheet help" role="alert" aria-labelledby="help-title">
      <CircleAlert size={28} aria-hidden />
      <div className="stack">
        <h2 id="help-title">{title}</h2>
        <dl className="help-story">
          <div>
            <dt>{t.help.happened}</dt>
            <dd><FromCore>{report.message}</FromCore></dd>
          </div>
          <div>
            <dt>{t.help.kept}</dt>
            <dd>{report.kept === undefined ? kept : <FromCore>{report.kept}</FromCore>}</dd>
          </div>
          <div>
            <dt>{t.help.todo}</dt>
            <dd>
              <strong>{report.advice === undefined ? advice : <FromCore>{report.advice}</FromCore>}</strong>
              {costsWhileWaiting && ` ${t.help.costs}`}
            </dd>
          </div>
        </dl>
        <HelpActions report={report} />
        {(report.causes?.length ?? 0) > 0 && (
          <details className="small">
            <summary>{t.help.details}</summary>
            <ul className="causes">
              {report.causes?.map((cause) => <li key={cause}><code>{cause}</code></li>)}
            </ul>
          </details>
        )}
      </div>
    </section>
  );
}
