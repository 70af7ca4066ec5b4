import { useEffect, useId, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { keepKey, loadKeys, useKeys } from "../stores/keys.ts";
import { t } from "../strings/language.ts";

/** The account's key: typed once, kept among the secrets, never shown again. */
export function KeyField() {
  const { kept, problem } = useKeys();
  const [changing, setChanging] = useState(false);
  const [value, setValue] = useState("");
  const id = useId();
  useEffect(() => {
    void loadKeys();
  }, []);
  if (kept?.includes("runpod") && !changing) {
    return (
      <p className="row">
        <span>{t.rent.keyKept}</span>
        <Button look="quiet" size="compact" onClick={() => setChanging(true)}>{t.rent.keyChange}</Button>
      </p>
    );
  }
  const save = async () => {
    if (value.trim() === "" || !(await keepKey("runpod", value.trim()))) return;
    setValue("");
    setChanging(false);
  };
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label htmlFor={id}>{t.rent.key}</label>
      <div className="with-button">
        <input id={id} className="input" type="password" autoComplete="off" spellCheck={false} value={value} aria-describedby={`${id}-hint`} onChange={({ target }) => setValue(target.value)} />
        <Button type="submit" look="primary" blocked={value.trim() === ""} aria-describedby={`${id}-hint`}>{t.rent.keySave}</Button>
      </div>
      <span id={`${id}-hint`} className="hint">{t.rent.keyHint}</span>
      {problem !== null && <ErrorNotice report={problem} />}
    </form>
  );
}
