import { useId, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { keepPassphrase, useBackups } from "../stores/backups.ts";
import { t } from "../strings/language.ts";

/** Whether new backups are encrypted. The passphrase goes in, and never comes out. */
export function Encryption() {
  const kept = useBackups((state) => state.passphraseKept);
  const [passphrase, setPassphrase] = useState("");
  const id = useId();
  return (
    <section className="sheet stack" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t.backups.passphraseTitle}</h2>
      <p className="soft">{t.backups.passphraseText}</p>
      <div className="row">
        <strong>{kept ? t.backups.passphraseKept : t.backups.passphraseNone}</strong>
        {kept && <Button size="compact" onClick={() => keepPassphrase(null)}>{t.backups.passphraseForget}</Button>}
      </div>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (passphrase === "") return;
          void keepPassphrase(passphrase);
          setPassphrase("");
        }}
      >
        <label htmlFor={id}>{t.backups.newPassphrase}</label>
        <div className="with-button">
          <input id={id} type="password" className="input" autoComplete="new-password" value={passphrase} onChange={({ target }) => setPassphrase(target.value)} />
          <Button type="submit" blocked={passphrase === ""}>{t.backups.passphraseSet}</Button>
        </div>
      </form>
    </section>
  );
}
