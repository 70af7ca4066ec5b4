import { LoaderCircle, RotateCcw, SearchX } from "lucide-react";
import { lazy, memo, Suspense } from "react";
import { formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNotice, Notice } from "../parts/Notice.tsx";
import { ask, isOpen, type Exchange } from "../stores/chat.ts";
import { en } from "../strings/en.ts";
import { Sources } from "./Sources.tsx";

const Markdown = lazy(() => import("./Markdown.tsx"));

/** One question with its answer and, beside it, where the answer stands in the material. */
export const ExchangeView = memo(function ExchangeView({ exchange, last }: { exchange: Exchange; last: boolean }) {
  const { question, answer, state, sources, nothingFound, problem, firstTokenSeconds } = exchange;
  const open = isOpen(exchange);
  return (
    <article className="exchange">
      <h2 className="question-line"><span className="hidden-text">{en.chat.you}: </span>{question}</h2>
      <div className={sources.length > 0 ? "answer-row with-sources" : "answer-row"}>
        <div className="answer">
          {nothingFound && (
            <p className="nothing-found"><SearchX size={20} aria-hidden /><span><strong>{en.chat.nothingFound}.</strong> {en.chat.nothingFoundText}</span></p>
          )}
          {answer !== "" && (
            <Suspense fallback={<p className="plain-answer">{answer}</p>}>
              <Markdown text={answer} />
            </Suspense>
          )}
          {open && (
            <p className="soft small answering"><LoaderCircle size={16} className="turning" aria-hidden />{state === "searching" ? en.chat.searching : en.chat.writing}</p>
          )}
          {state === "stopped" && <Notice look="warn">{en.chat.stopped}</Notice>}
          {problem !== null && <ErrorNotice report={problem} />}
          {!open && (
            <div className="row answer-foot">
              {answer !== "" && <CopyButton text={answer} label={en.chat.copy} />}
              {last && state !== "done" && <Button look="quiet" size="compact" onClick={() => ask(question)}><RotateCcw size={16} aria-hidden />{en.chat.askAgain}</Button>}
              {firstTokenSeconds !== null && <span className="small soft">{en.chat.firstToken(formatDuration(firstTokenSeconds))}</span>}
            </div>
          )}
          {last && <output className="hidden-text">{state === "done" ? en.chat.answered : ""}</output>}
        </div>
        {sources.length > 0 && <Sources sources={sources} />}
      </div>
    </article>
  );
});
