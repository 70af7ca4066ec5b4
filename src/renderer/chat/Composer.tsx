import { ArrowUp, Square } from "lucide-react";
import { QUESTION_MAX_CHARACTERS } from "../../contract/limits.ts";
import { formatCount } from "../format/amounts.ts";
import { Button } from "../parts/Button.tsx";
import { ask, isOpen, setDraft, stopAnswer, useChat } from "../stores/chat.ts";
import { useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

export function Composer({ ready, onAsk }: { ready: boolean; onAsk(): void }) {
  const draft = useChat((state) => state.draft);
  const answering = useChat(({ exchanges }) => exchanges.some(isOpen));
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const tooLong = draft.length > QUESTION_MAX_CHARACTERS;
  const hint = tooLong
    ? t.chat.tooLong(formatCount(draft.length), formatCount(QUESTION_MAX_CHARACTERS))
    : ready ? t.chat.hint : phase === "starting" ? t.chat.startingText : t.chat.notReadyText;
  const blocked = !ready || answering || tooLong || draft.trim() === "";
  const send = () => {
    if (blocked) return;
    onAsk();
    void ask(draft.trim());
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label htmlFor="question" className="hidden-text">{t.chat.label}</label>
      <textarea
        id="question"
        className="composer-text"
        rows={2}
        value={draft}
        placeholder={t.chat.placeholder}
        aria-describedby="question-hint"
        aria-invalid={tooLong || undefined}
        onChange={({ target }) => setDraft(target.value)}
        onKeyDown={(event) => {
          // While an input method composes a word, Enter accepts the word.
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <div className="composer-foot">
        <span id="question-hint" className={tooLong ? "small too-long" : "small soft"}>{hint}</span>
        {answering ? (
          <Button onClick={stopAnswer}>
            <Square size={16} aria-hidden fill="currentColor" />
            {t.chat.stop}
          </Button>
        ) : (
          <Button type="submit" look="chalk" blocked={blocked} aria-describedby="question-hint">
            <ArrowUp size={18} aria-hidden />
            {t.chat.send}
          </Button>
        )}
      </div>
    </form>
  );
}
