import { useId, useState } from "react";
import { ERRORS } from "../../contract/errors.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { createBackup, loadBackups, restoreBackup, undoRestore, useBackups, verifyBackup } from "../stores/backups.ts";
import { t } from "../strings/language.ts";

/** Why it failed, with what that failure asks for: a passphrase, leave to prepare the text anew, or another try. */
export function Problem({ problem: { report, kind, backup } }: { problem: NonNullable<ReturnType<typeof useBackups.getState>["problem"]> }) {
  const [passphrase, setPassphrase] = useState("");
  const id = useId();
  const { action, retryable } = ERRORS[report.code];
  const again = (more: { passphrase?: string; embedAnew?: boolean } = {}): void => {
    if (kind === "list") void loadBackups();
    else if (kind === "create") void createBackup();
    else if (kind === "undo") void undoRestore();
    else if (backup !== null && kind === "verify") void verifyBackup(backup, more);
    else if (backup !== null) void restoreBackup(backup, more);
  };
  return (
    <ErrorNotice report={report}>
      {action === "enter-passphrase" && backup !== null ? (
        <form
          className="field"
          onSubmit={(event) => {
            event.preventDefault();
            if (passphrase !== "") again({ passphrase });
            setPassphrase("");
          }}
        >
          <label htmlFor={id}>{t.backups.passphrase}</label>
          <div className="with-button">
            <input id={id} type="password" className="input" autoComplete="off" value={passphrase} onChange={({ target }) => setPassphrase(target.value)} />
            <Button type="submit" look="primary" blocked={passphrase === ""}>{kind === "verify" ? t.backups.verify : t.backups.restore}</Button>
          </div>
        </form>
      ) : action === "embed-anew" ? (
        <Button onClick={() => again({ embedAnew: true })}>{t.backups.embedAnew}</Button>
      ) : (
        retryable && <Button size="compact" onClick={() => again()}>{t.help.retry}</Button>
      )}
    </ErrorNotice>
  );
}
