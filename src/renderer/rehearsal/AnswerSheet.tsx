import { FileText } from "lucide-react";
import { lazy, Suspense } from "react";
import type { ChatAnswer } from "../../contract/chat.ts";
import { t } from "../strings/language.ts";

const Markdown = lazy(() => import("../chat/Markdown.tsx"));

/** The question that a rehearsal asks, its answer, and where that stands. */
export function AnswerSheet({ answer: { question, answer, sources } }: { answer: ChatAnswer }) {
  const files = [...new Set(sources.map(({ metadata }) => metadata.file))];
  return (
    <section className="sheet stack" aria-labelledby="rehearsal-answer">
      <h2 id="rehearsal-answer">{t.rehearsal.answerTitle}</h2>
      <p><strong lang="en">{question}</strong></p>
      <div className="measure" lang="en">
        <Suspense fallback={<p>{answer}</p>}>
          <Markdown text={answer} />
        </Suspense>
      </div>
      <p className="small soft rehearsal-sources"><FileText size={16} aria-hidden />{t.rehearsal.answerFrom(files.join(", "))}</p>
    </section>
  );
}
