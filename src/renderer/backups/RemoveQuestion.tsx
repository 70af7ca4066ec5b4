import type { Backup } from "../../contract/backup.ts";
import { Button } from "../parts/Button.tsx";
import { Question } from "../parts/Question.tsx";
import { removeBackup } from "../stores/backups.ts";
import { t } from "../strings/language.ts";

export function RemoveQuestion({ backup, onClose }: { backup: Backup; onClose(): void }) {
  return (
    <Question
      open
      onClose={onClose}
      title={t.backups.removeTitle}
      text={t.backups.removeText(backup.name)}
      back={t.backups.back}
      answer={
        <Button
          look="bad"
          onClick={() => {
            onClose();
            void removeBackup(backup);
          }}
        >
          {t.backups.removeConfirm}
        </Button>
      }
    />
  );
}
