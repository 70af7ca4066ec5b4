import { formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";
import { undoRestore, type BackupOutcome } from "../stores/backups.ts";
import { t } from "../strings/language.ts";

/** What came of the last work, until the next one. */
export function Outcome({ outcome }: { outcome: BackupOutcome }) {
  return (
    <Notice look="calm">
      <output>{say(outcome)}</output>
      {outcome.work === "create" && outcome.result.pruned.length > 0 && <span>{t.backups.pruned(outcome.result.pruned.length)}</span>}
      {outcome.work === "restore" && outcome.result.undoable && <Button size="compact" onClick={() => undoRestore()}>{t.backups.undo}</Button>}
    </Notice>
  );
}

function say(outcome: BackupOutcome): string {
  switch (outcome.work) {
    case "create":
      return outcome.result.skipped ? t.backups.skipped : t.backups.made(formatDuration(outcome.result.seconds));
    case "verify":
      return t.backups.verified(formatDuration(outcome.result.seconds));
    case "restore":
      return t.backups.restored(outcome.result.documents, outcome.result.rows);
    case "undo":
      return t.backups.undone;
    case "cancelled":
      return t.backups.cancelled;
  }
}
