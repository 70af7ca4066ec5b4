import { useState, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { retrySession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

export function PassphraseQuestion({ busy, giveUp }: { busy: boolean; giveUp: ReactNode }) {
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
        <label htmlFor="passphrase">{t.help.passphrase}</label>
        <input id="passphrase" type="password" className="input" value={passphrase} autoComplete="off" onChange={({ target }) => setPassphrase(target.value)} />
      </div>
      <div className="row">
        <Button type="submit" look="chalk" blocked={blocked}>{t.help.openKey}</Button>
        {giveUp}
      </div>
    </form>
  );
}
