import { ERRORS, type ErrorReport } from "../../contract/errors.ts";
import { Button } from "../parts/Button.tsx";
import { cancelSession, forgetSession, retrySession, stopSession, useSession } from "../stores/session.ts";
import { KeyField } from "../rent/KeyField.tsx";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { ModelQuestion } from "./ModelQuestion.tsx";
import { PassphraseQuestion } from "./PassphraseQuestion.tsx";
import { TrustQuestion } from "./TrustQuestion.tsx";

/** What can be pressed, by the error's action. There is always a way on and a way out. */
export function HelpActions({ report }: { report: ErrorReport }) {
  const pending = useSession((state) => state.pending);
  const busy = pending !== null;
  const { action, retryable } = ERRORS[report.code];
  const models = report.details?.files;
  const retry = (
    <Button look="chalk" blocked={busy} onClick={() => retrySession()}>{pending === "retry" ? t.help.retrying : t.help.retry}</Button>
  );
  const giveUp = <Button look="plain" blocked={busy} onClick={cancelSession}>{t.help.giveUp}</Button>;
  const changeChoices = (
    <Button blocked={busy} look={retryable ? "plain" : "chalk"} onClick={async () => (await cancelSession()) && showView("home")}>{t.help.changeChoices}</Button>
  );
  if (report.code === "stop-incomplete") {
    return (
      <div className="row">
        <Button look="chalk" blocked={busy} onClick={() => stopSession()}>{t.help.stopAgain}</Button>
        <Button look="bad" blocked={busy} onClick={forgetSession}>{t.help.forget}</Button>
      </div>
    );
  }
  switch (action) {
    case "enter-passphrase":
      return <PassphraseQuestion of={report.code.startsWith("backup-") ? "backup" : "key"} busy={busy} giveUp={giveUp} />;
    case "trust-host":
      return <TrustQuestion details={report.details} busy={busy} giveUp={giveUp} />;
    case "choose-model":
      return Array.isArray(models) ? <ModelQuestion models={models} busy={busy} giveUp={giveUp} /> : <div className="row">{retryable && retry}{changeChoices}</div>;
    case "choose-stick":
    case "choose-key":
    case "choose-course":
    case "edit-host":
    case "edit-endpoint":
      return <div className="row">{retryable && retry}{changeChoices}</div>;
    case "enter-key":
      return <div className="stack question"><KeyField /><div className="row">{retry}{giveUp}</div></div>;
    case "change-rent":
      return <div className="row">{retry}{changeChoices}</div>;
    case "accept-risk":
      return <div className="row">{giveUp}<Button look="bad" blocked={busy} onClick={() => retrySession({ withoutGuard: true })}>{t.help.withoutGuard}</Button></div>;
    case "stop-without-backup":
      return <div className="row">{retry}<Button look="bad" blocked={busy} onClick={() => retrySession({ withoutBackup: true })}>{t.help.stopWithoutBackup}</Button></div>;
    case "choose-backup":
    case "embed-anew":
      return <div className="row">{retryable && retry}<Button onClick={() => showView("backups")}>{t.help.toBackups}</Button>{giveUp}</div>;
    case "open-logs":
      return <div className="row">{retry}<Button onClick={() => showView("logs")}>{t.help.openLogs}</Button>{giveUp}</div>;
    case "stop-session":
      return <div className="row"><Button look="chalk" blocked={busy} onClick={() => stopSession()}>{t.help.stop}</Button></div>;
    default:
      return <div className="row">{retryable && retry}{giveUp}</div>;
  }
}
