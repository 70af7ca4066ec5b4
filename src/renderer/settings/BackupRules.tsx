import { useId, useState } from "react";
import type { BackupSettings } from "../../contract/backup.ts";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { saveSettings } from "../stores/settings.ts";
import { t } from "../strings/language.ts";

/** When backups are made by themselves, where they lie, and how many are kept. */
export function BackupRules({ rules }: { rules: BackupSettings }) {
  const [folder, setFolder] = useState(rules.folder ?? "");
  const id = useId();
  const words = t.settings;
  const save = (changes: Partial<BackupSettings>) => saveSettings({ backup: { ...rules, ...changes } });
  const wanted = folder.trim() === "" ? null : folder.trim();
  return (
    <section className="sheet stack" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{words.backups}</h2>
      <Choice
        label={words.backupAtStop}
        across
        value={rules.atStop}
        options={(["away", "always", "never"] as const).map((value) => ({ value, title: words.backupAtStopChoices[value] }))}
        onChoose={(atStop) => save({ atStop })}
      />
      <div className="field">
        <label htmlFor={`${id}-keep`}>{words.backupKeep}</label>
        <input id={`${id}-keep`} className="input short" type="number" min={1} max={100} value={rules.keep} onChange={({ target }) => target.valueAsNumber >= 1 && target.valueAsNumber <= 100 && save({ keep: Math.round(target.valueAsNumber) })} />
      </div>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          void save({ folder: wanted });
        }}
      >
        <label htmlFor={`${id}-folder`}>{words.backupFolder}</label>
        <div className="with-button">
          <input id={`${id}-folder`} className="input" value={folder} spellCheck={false} autoComplete="off" aria-describedby={`${id}-hint`} onChange={({ target }) => setFolder(target.value)} />
          <Button type="submit" blocked={wanted === rules.folder}>{wanted === rules.folder ? words.saved : words.save}</Button>
        </div>
        <span id={`${id}-hint`} className="hint">{words.backupFolderHint}</span>
      </form>
    </section>
  );
}
