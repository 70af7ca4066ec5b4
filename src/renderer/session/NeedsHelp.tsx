import { CircleAlert } from "lucide-react";
import { ERRORS, type ErrorReport } from "../../contract/errors.ts";
import { en } from "../strings/en.ts";
import { HelpActions } from "./HelpActions.tsx";

/** The whole story of a failure, and what to press. */
export function NeedsHelp({ report }: { report: ErrorReport }) {
  const { title, kept, advice, costsWhileWaiting } = ERRORS[report.code];
  return (
    <section className="sheet help" role="alert" aria-labelledby="help-title">
      <CircleAlert size={28} aria-hidden />
      <div className="stack">
        <h2 id="help-title">{title}</h2>
        <dl className="help-story">
          <div>
            <dt>{en.help.happened}</dt>
            <dd>{report.message}</dd>
          </div>
          <div>
            <dt>{en.help.kept}</dt>
            <dd>{report.kept ?? kept}</dd>
          </div>
          <div>
            <dt>{en.help.todo}</dt>
            <dd>
              <strong>{report.advice ?? advice}</strong>
              {costsWhileWaiting && ` ${en.help.costs}`}
            </dd>
          </div>
        </dl>
        <HelpActions report={report} />
        {(report.causes?.length ?? 0) > 0 && (
          <details className="small">
            <summary>{en.help.details}</summary>
            <ul className="causes">
              {report.causes?.map((cause) => <li key={cause}><code>{cause}</code></li>)}
            </ul>
          </details>
        )}
      </div>
    </section>
  );
}
