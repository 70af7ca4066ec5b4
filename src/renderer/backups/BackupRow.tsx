import { Lock, ShieldCheck, ShieldQuestion } from "lucide-react";
import type { Backup } from "../../contract/backup.ts";
import { formatBytes } from "../format/amounts.ts";
import { formatMoment } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { verifyBackup } from "../stores/backups.ts";
import { t } from "../strings/language.ts";

export const contentsOf = ({ rows, documents }: Backup): string => (rows === null ? t.backups.unknown : documents === null ? t.backups.rowsOnly(rows) : t.backups.rows(rows, documents));

interface BackupRowProps {
  backup: Backup;
  ready: boolean;
  busy: boolean;
  onAsk(what: "restore" | "remove"): void;
}

export function BackupRow({ backup, ready, busy, onAsk }: BackupRowProps) {
  const { name, course, createdAt, provenAt, bytes, kind, encrypted, problem } = backup;
  const Shield = provenAt === null ? ShieldQuestion : ShieldCheck;
  return (
    <li className="backup">
      <div className="backup-words">
        <h2>{course ?? name}</h2>
        <p>{createdAt === null ? name : formatMoment(createdAt)} · {contentsOf(backup)} · {formatBytes(bytes)}</p>
        <p className={provenAt === null ? "small backup-proof" : "small backup-proof proven"}>
          {/* Of one that is known to be damaged the notice below says more. */}
          {problem === null && (
            <>
              <Shield size={16} aria-hidden />
              {provenAt === null ? t.backups.neverProven : t.backups.provenOn(formatMoment(provenAt))}
            </>
          )}
          {kind === "cold" && <span className="soft"> · {t.backups.kinds.cold}</span>}
          {encrypted && <span className="backup-lock"><Lock size={14} aria-hidden />{t.backups.encrypted}</span>}
        </p>
        {problem !== null && <ErrorNotice report={problem} look="warn" />}
      </div>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a fieldset is for fields */}
      <div className="row" role="group" aria-label={t.backups.more(course ?? name)}>
        <Button size="compact" blocked={busy || !ready || problem !== null} aria-describedby="backup-needs" onClick={() => onAsk("restore")}>{t.backups.restore}</Button>
        <Button look="quiet" size="compact" blocked={busy} onClick={() => verifyBackup(backup)}>{provenAt === null ? t.backups.verifyFirst : t.backups.verify}</Button>
        <Button look="quiet" size="compact" blocked={busy} onClick={() => onAsk("remove")}>{t.backups.remove}</Button>
      </div>
    </li>
  );
}
