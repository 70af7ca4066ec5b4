import { MessageSquareText } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { showView } from "../stores/view.ts";
import { en } from "../strings/en.ts";
import { Endpoints } from "./Endpoints.tsx";
import { Figures } from "./Figures.tsx";
import { Plan } from "./Plan.tsx";
import { StopButton } from "./StopButton.tsx";
import { Waterfall } from "./Waterfall.tsx";

export function Ready({ session }: { session: SessionSnapshot }) {
  const { startedAt, readyAt, firstTokenSeconds, course, steps, endpoints, host } = session;
  const figures: [string, string][] = [];
  if (startedAt !== null && readyAt !== null) figures.push([en.session.readyIn, formatDuration(secondsBetween(startedAt, readyAt, 0))]);
  if (firstTokenSeconds !== null) figures.push([en.session.firstToken, formatDuration(firstTokenSeconds)]);
  figures.push(
    course === null || course.passages === 0 ? [en.session.course, en.session.noCourse] : [en.session.courseOf(course.documents), en.session.passages(course.passages)],
  );
  return (
    <>
      <div className="row ready-actions">
        <Button look="chalk" size="big" onClick={() => showView("chat")}>
          <MessageSquareText size={22} aria-hidden />
          {en.session.askButton}
        </Button>
        <StopButton host={host?.label ?? ""} />
      </div>
      <Figures figures={figures} />
      <Endpoints endpoints={endpoints} />
      <Waterfall steps={steps} />
      <details>
        <summary>{en.session.planTitle}</summary>
        <Plan steps={steps} />
      </details>
    </>
  );
}
