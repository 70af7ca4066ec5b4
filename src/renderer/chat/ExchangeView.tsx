import { LoaderCircle, RotateCcw, SearchX } from "lucide-react";
import { lazy, memo, Suspense } from "react";
import { formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNotice, Notice } from "../parts/Notice.tsx";
import { askInstead, isOpen, type Exchange } from "../stores/chat.ts";
import { t } from "../strings/language.ts";
import { QuestionLine } from "./QuestionLine.tsx";
import { Sources } from "./Sources.tsx";

const Markdown = lazy(() => import("./Markdown.tsx"));

/** One question with its answer and, beside it, where the answer stands in the material. */
export const ExchangeView = memo(function ExchangeView({ exchange, last, answering }: { exchange: Exchange; last: boolean; answering: boolean }) {
  const { id, question, answer, state, sources, nothingFound, problem, firstTokenSeconds, leftOut } = exchange;
  const open = isOpen(exchange);
  return (
    <article className="exchange">
      <QuestionLine id={id} question={question} canEdit={!answering} />
      <div className={sources.length > 0 ? "answer-row with-sources" : "answer-row"}>
        <div className="answer">
          {nothingFound && (
            <p className="nothing-found"><SearchX size={20} aria-hidden /><span><strong>{t.chat.nothingFound}.</strong> {t.chat.nothingFoundText}</span></p>
          )}
          {answer !== "" && (
            <Suspense fallback={<p className="plain-answer">{answer}</p>}>
              <Markdown text={answer} />
            </Suspense>
          )}
          {open && (
            <p className="soft small answering"><LoaderCircle size={16} className="turning" aria-hidden />{state === "searching" ? t.chat.searching : t.chat.writing}</p>
          )}
          {leftOut != null && <Notice look="calm">{leftOut.passages > 0 ? t.chat.leftOutPassages : t.chat.leftOutTurns}</Notice>}
          {state === "stopped" && <Notice look="warn">{t.chat.stopped}</Notice>}
          {problem !== null && <ErrorNotice report={problem} />}
          {!open && (
            <div className="row answer-foot">
              {answer !== "" && <CopyButton text={answer} label={t.chat.copy} />}
              {last && <Button look="quiet" size="compact" onClick={() => askInstead(id, question)}><RotateCcw size={16} aria-hidden />{t.chat.askAgain}</Button>}
              {firstTokenSeconds !== null && <span className="small soft">{t.chat.firstToken(formatDuration(firstTokenSeconds))}</span>}
            </div>
          )}
          {last && <output className="hidden-text">{state === "done" ? t.chat.answered : ""}</output>}
        </div>
        {sources.length > 0 && <Sources sources={sources} />}
      </div>
    </article>
  );
});
