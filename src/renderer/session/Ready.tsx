import { MessageSquareText } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { BesideEarlier } from "./BesideEarlier.tsx";
import { RentCard } from "../rent/RentCard.tsx";
import { Endpoints } from "./Endpoints.tsx";
import { Figures, type Figure } from "../parts/Figures.tsx";
import { Plan } from "./Plan.tsx";
import { StopButton } from "./StopButton.tsx";
import { Waterfall } from "./Waterfall.tsx";

export function Ready({ session }: { session: SessionSnapshot }) {
  const { startedAt, readyAt, firstTokenSeconds, course, steps, endpoints, milvus } = session;
  const figures: Figure[] = [];
  if (startedAt !== null && readyAt !== null) figures.push([t.session.readyIn, formatDuration(secondsBetween(startedAt, readyAt, 0))]);
  if (firstTokenSeconds !== null) figures.push([t.session.firstToken, formatDuration(firstTokenSeconds)]);
  figures.push(
    course === null || course.passages === 0 ? [t.session.course, t.session.noCourse] : [t.session.courseOf(course.documents), t.session.passages(course.passages)],
  );
  if (milvus !== null) figures.push([t.session.store, t.session.stores[milvus.kind], milvus.version?.replace(/^v/, "")]);
  return (
    <>
      <div className="row ready-actions">
        <Button look="chalk" size="big" onClick={() => showView("chat")}>
          <MessageSquareText size={22} aria-hidden />
          {t.session.askButton}
        </Button>
        <StopButton session={session} />
      </div>
      {session.rent !== null && <RentCard rent={session.rent} />}
      <Figures figures={figures} />
      <Endpoints endpoints={endpoints} />
      <Waterfall steps={steps} />
      <BesideEarlier session={session} />
      <details>
        <summary>{t.session.planTitle}</summary>
        <Plan steps={steps} />
      </details>
    </>
  );
}
