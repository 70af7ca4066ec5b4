import { Pencil } from "lucide-react";
import { useId, useState } from "react";
import { QUESTION_MAX_CHARACTERS } from "../../contract/limits.ts";
import { Button } from "../parts/Button.tsx";
import { askInstead } from "../stores/chat.ts";
import { t } from "../strings/language.ts";

/** A question that was asked, and the way to ask it otherwise. */
export function QuestionLine({ id, question, canEdit }: { id: string; question: string; canEdit: boolean }) {
  const [editing, setEditing] = useState<string | null>(null);
  const field = useId();
  if (editing === null) {
    return (
      <div className="question-row">
        <h2 className="question-line"><span className="hidden-text">{t.chat.you}: </span>{question}</h2>
        {canEdit && (
          <Button look="quiet" size="compact" aria-label={t.chat.edit} title={t.chat.edit} onClick={() => setEditing(question)}>
            <Pencil size={16} aria-hidden />
          </Button>
        )}
      </div>
    );
  }
  const blocked = editing.trim() === "" || editing.length > QUESTION_MAX_CHARACTERS;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape leaves what is written in its field
    <form
      className="question-edit field"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked) return;
        setEditing(null);
        void askInstead(id, editing.trim());
      }}
      onKeyDown={({ key }) => key === "Escape" && setEditing(null)}
    >
      <h2 className="label"><label htmlFor={field}>{t.chat.editLabel}</label></h2>
      {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- the person has just asked to write here */}
      <textarea id={field} className="input" rows={2} autoFocus value={editing} aria-describedby={`${field}-hint`} onChange={({ target }) => setEditing(target.value)} />
      <span id={`${field}-hint`} className="hint">{t.chat.editHint}</span>
      <div className="row">
        <Button type="submit" look="primary" blocked={blocked}>{t.chat.editSend}</Button>
        <Button look="quiet" onClick={() => setEditing(null)}>{t.chat.editCancel}</Button>
      </div>
    </form>
  );
}
