import { Archive, Save } from "lucide-react";
import { useEffect, useState } from "react";
import type { Backup } from "../../contract/backup.ts";
import { useConnection } from "../connection/state.ts";
import { formatBytes } from "../format/amounts.ts";
import { Button } from "../parts/Button.tsx";
import { Empty } from "../parts/Empty.tsx";
import { Screen } from "../parts/Screen.tsx";
import { createBackup, loadBackups, useBackups } from "../stores/backups.ts";
import { loadDocuments } from "../stores/course.ts";
import { useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";
import { BackupRow } from "./BackupRow.tsx";
import { Encryption } from "./Encryption.tsx";
import { Outcome } from "./Outcome.tsx";
import { Problem } from "./Problem.tsx";
import { RemoveQuestion } from "./RemoveQuestion.tsx";
import { RestoreQuestion } from "./RestoreQuestion.tsx";
import { Work } from "./Work.tsx";
import "./backups.css";

/** The course's backups: make one, see what each holds and when it was proven, bring one back. */
export default function Backups() {
  const { list, work, outcome, problem } = useBackups();
  const ready = useSession(({ session }) => session?.phase === "ready");
  const connected = useConnection(({ status }) => status === "open");
  const [asking, setAsking] = useState<{ what: "restore" | "remove"; backup: Backup } | null>(null);
  useEffect(() => {
    if (!connected) return;
    void loadBackups();
    // What a restore would replace.
    if (ready) void loadDocuments();
  }, [connected, ready]);
  const busy = work !== null;
  return (
    <Screen title={t.backups.title} lead={t.backups.lead}>
      <div className="row backup-make">
        <Button look="chalk" blocked={!ready || busy} aria-describedby="backup-needs" onClick={() => createBackup()}>
          <Save size={18} aria-hidden />
          {t.backups.make}
        </Button>
        <span id="backup-needs" className="soft small">
          {ready ? (list === null ? "" : t.backups.folder(list.folder, list.freeBytes === null ? "" : formatBytes(list.freeBytes))) : t.backups.makeNeeds}
        </span>
      </div>
      {work !== null && <Work work={work} />}
      {outcome !== null && <Outcome outcome={outcome} />}
      {problem !== null && <Problem problem={problem} />}
      {list === null && problem === null && <p className="soft">{t.backups.loading}</p>}
      {list?.backups.length === 0 && <Empty icon={Archive} title={t.backups.noneTitle} text={t.backups.noneText} />}
      {list !== null && list.backups.length > 0 && (
        <ul className="sheet backup-list" aria-label={t.backups.title}>
          {list.backups.map((backup) => <BackupRow key={backup.path} backup={backup} ready={ready} busy={busy} onAsk={(what) => setAsking({ what, backup })} />)}
        </ul>
      )}
      <Encryption />
      {asking?.what === "restore" && <RestoreQuestion backup={asking.backup} onClose={() => setAsking(null)} />}
      {asking?.what === "remove" && <RemoveQuestion backup={asking.backup} onClose={() => setAsking(null)} />}
    </Screen>
  );
}
