import { GraduationCap } from "lucide-react";
import { formatFigures, share } from "../format/progress.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useConnection } from "../connection/state.ts";
import { cancelPractice, practice, usePractice } from "../stores/practice.ts";
import { useStick } from "../stores/sticks.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";

export function PracticeCard() {
  const { making, progress, problem } = usePractice();
  const stick = useStick();
  const connected = useConnection(({ status }) => status === "open");
  return (
    <section className="sheet card practice-card" aria-labelledby="practice-title">
      <GraduationCap size={28} strokeWidth={1.5} aria-hidden />
      <div className="stack">
        <h2 id="practice-title">{making ? t.practice.making : stick === null ? t.practice.title : t.practice.titleWithStick}</h2>
        {making ? (
          <>
            <ProgressBar share={progress === null ? null : share(progress)} label={t.practice.making} />
            <p className="small soft">{progress === null ? "" : [progress.detail, formatFigures(progress)].filter(Boolean).join(" · ")}</p>
            <Button size="compact" onClick={cancelPractice}>{t.practice.cancel}</Button>
          </>
        ) : (
          <>
            <p className="soft">{t.practice.text}</p>
            {problem !== null && <ErrorNotice report={problem} />}
            <div className="row">
              <Button look="primary" blocked={!connected} aria-describedby={connected ? undefined : "practice-blocked"} onClick={practice}>{t.practice.button}</Button>
              <Button onClick={() => showView("rehearsal")}>{t.practice.rehearse}</Button>
              {!connected && <span id="practice-blocked" className="small soft">{t.launch.blocked.connection}</span>}
            </div>
          </>
        )}
      </div>
    </section>
  );
}
