import { useState, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { retrySession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

export function PassphraseQuestion({ of, busy, giveUp }: { of: "key" | "backup"; busy: boolean; giveUp: ReactNode }) {
  const [passphrase, setPassphrase] = useState("");
  const blocked = busy || passphrase === "";
  return (
    <form
      className="stack question"
      onSubmit={(event) => {
        event.preventDefault();
        if (!blocked) void retrySession({ passphrase });
        setPassphrase("");
      }}
    >
      <div className="field">
        <label htmlFor="passphrase">{t.help.passphrase[of]}</label>
        <input id="passphrase" type="password" className="input" value={passphrase} autoComplete="off" onChange={({ target }) => setPassphrase(target.value)} />
      </div>
      <div className="row">
        <Button type="submit" look="chalk" blocked={blocked}>{t.help.open[of]}</Button>
        {of === "backup" && <Button blocked={busy} onClick={() => retrySession({ withoutBackup: true })}>{t.help.startWithoutBackup}</Button>}
        {giveUp}
      </div>
    </form>
  );
}
