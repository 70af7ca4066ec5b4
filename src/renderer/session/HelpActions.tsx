import { ERRORS, type ErrorReport } from "../../contract/errors.ts";
import { Button } from "../parts/Button.tsx";
import { cancelSession, forgetSession, retrySession, stopSession, useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { en } from "../strings/en.ts";
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
    <Button look="chalk" blocked={busy} onClick={() => retrySession()}>{pending === "retry" ? en.help.retrying : en.help.retry}</Button>
  );
  const giveUp = <Button look="plain" blocked={busy} onClick={cancelSession}>{en.help.giveUp}</Button>;
  const changeChoices = (
    <Button blocked={busy} look={retryable ? "plain" : "chalk"} onClick={async () => (await cancelSession()) && showView("home")}>{en.help.changeChoices}</Button>
  );
  if (report.code === "stop-incomplete") {
    return (
      <div className="row">
        <Button look="chalk" blocked={busy} onClick={stopSession}>{en.help.stopAgain}</Button>
        <Button look="bad" blocked={busy} onClick={forgetSession}>{en.help.forget}</Button>
      </div>
    );
  }
  switch (action) {
    case "enter-passphrase":
      return <PassphraseQuestion busy={busy} giveUp={giveUp} />;
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
    case "open-logs":
      return <div className="row">{retry}<Button onClick={() => showView("logs")}>{en.help.openLogs}</Button>{giveUp}</div>;
    case "stop-session":
      return <div className="row"><Button look="chalk" blocked={busy} onClick={stopSession}>{en.help.stop}</Button></div>;
    default:
      return <div className="row">{retryable && retry}{giveUp}</div>;
  }
}
