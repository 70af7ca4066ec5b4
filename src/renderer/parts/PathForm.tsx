import { useId, useState } from "react";
import { Button } from "./Button.tsx";
import { t } from "../strings/language.ts";

interface PathFormProps {
  label: string;
  hint: string;
  submit: string;
  busy?: boolean;
  initial?: string;
  onSubmit(path: string): void;
  onCancel?(): void;
}

/** Asks for a folder of this computer by its path: a browser page cannot open the system's own picker. */
export function PathForm({ label, hint, submit, busy = false, initial = "", onSubmit, onCancel }: PathFormProps) {
  const [path, setPath] = useState(initial);
  const id = useId();
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim() !== "" && !busy) onSubmit(path.trim());
      }}
    >
      <label htmlFor={id}>{label}</label>
      <div className="with-button">
        <input id={id} className="input" value={path} spellCheck={false} autoComplete="off" aria-describedby={`${id}-hint`} onChange={({ target }) => setPath(target.value)} />
        <Button type="submit" look="primary" blocked={path.trim() === "" || busy} aria-describedby={`${id}-hint`}>{submit}</Button>
        {onCancel !== undefined && <Button look="quiet" onClick={onCancel}>{t.stick.cancel}</Button>}
      </div>
      <span id={`${id}-hint`} className="hint">{hint}</span>
    </form>
  );
}
