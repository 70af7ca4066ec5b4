import { useState } from "react";
import type { Backup } from "../../contract/backup.ts";
import { formatMoment } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { Question } from "../parts/Question.tsx";
import { restoreBackup } from "../stores/backups.ts";
import { useCourse } from "../stores/course.ts";
import { t } from "../strings/language.ts";

/** Says what would be replaced, before anything is. */
export function RestoreQuestion({ backup, onClose }: { backup: Backup; onClose(): void }) {
  const documents = useCourse((state) => state.documents);
  const [passphrase, setPassphrase] = useState("");
  const passages = documents?.reduce((sum, one) => sum + one.passages, 0) ?? 0;
  return (
    <Question
      open
      onClose={onClose}
      title={t.backups.restoreTitle}
      text={
        <div className="stack">
          <p>{t.backups.restoreText(backup.course ?? backup.name, backup.createdAt === null ? t.backups.unknown : formatMoment(backup.createdAt))}</p>
          {documents !== null && <p><strong>{documents.length === 0 ? t.backups.restoreReplacesNothing : t.backups.restoreReplaces(documents.length, passages)}</strong></p>}
          <p className="soft">{t.backups.restoreKept}</p>
        </div>
      }
      back={t.backups.back}
      answer={
        <Button
          look="primary"
          onClick={() => {
            onClose();
            void restoreBackup(backup, passphrase === "" ? {} : { passphrase });
          }}
        >
          {t.backups.restoreConfirm}
        </Button>
      }
    >
      {backup.encrypted && (
        <div className="field">
          <label htmlFor="restore-passphrase">{t.backups.passphrase}</label>
          <input id="restore-passphrase" type="password" className="input" autoComplete="off" value={passphrase} onChange={({ target }) => setPassphrase(target.value)} />
        </div>
      )}
    </Question>
  );
}
