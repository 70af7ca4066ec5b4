import { formatFigures, share } from "../format/progress.ts";
import { Button } from "../parts/Button.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { cancelBackup, useBackups } from "../stores/backups.ts";
import { t } from "../strings/language.ts";

/** What is under way, with its way out. */
export function Work({ work: { kind, progress, cancelling } }: { work: NonNullable<ReturnType<typeof useBackups.getState>["work"]> }) {
  return (
    <section className="sheet stack backup-work" aria-labelledby="work-title">
      <div className="row">
        <h2 id="work-title">{t.backups.working[kind]}</h2>
        <Button size="compact" blocked={cancelling} onClick={cancelBackup}>{cancelling ? t.backups.cancelling : t.backups.cancel}</Button>
      </div>
      <ProgressBar share={progress === null ? null : share(progress)} label={t.backups.working[kind]} />
      <p className="step-detail"><output>{progress === null ? "" : t.backups.phases[progress.phase]}</output><span>{progress === null ? "" : formatFigures(progress)}</span></p>
    </section>
  );
}
