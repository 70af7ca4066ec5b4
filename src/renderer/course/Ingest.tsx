import { FolderPlus } from "lucide-react";
import { useState } from "react";
import { formatBytes } from "../format/amounts.ts";
import { formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";
import { PathForm } from "../parts/PathForm.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { cancelIngest, ingest, useCourse } from "../stores/course.ts";
import { t } from "../strings/language.ts";
import { IngestFiles } from "./IngestFiles.tsx";

type Position = ReturnType<typeof useCourse.getState>["position"];
type Sending = ReturnType<typeof useCourse.getState>["sending"];

function title(position: Position, sending: Sending): string {
  if (sending !== null) return t.documents.sending(formatBytes(sending.bytes), formatBytes(sending.of));
  return position === null ? t.documents.looking : t.documents.reading(position.index, position.files);
}

/** Adds a folder to the course, and says of each file what became of it. */
export function Ingest() {
  const { ingesting, position, sending, files, result } = useCourse();
  const [asking, setAsking] = useState(false);
  if (ingesting) {
    const current = files.at(-1);
    const within = current?.of ? current.passages / current.of : 0;
    return (
      <section className="sheet stack ingest" aria-label={t.documents.add}>
        <div className="row">
          <h2>{title(position, sending)}</h2>
          <Button size="compact" onClick={cancelIngest}>{t.documents.cancel}</Button>
        </div>
        <ProgressBar share={sending !== null ? sending.bytes / Math.max(1, sending.of) : position === null ? null : Math.min(1, (position.index - 1 + within) / position.files)} label={t.documents.add} />
        <IngestFiles files={files} />
      </section>
    );
  }
  return (
    <section className="stack ingest" aria-label={t.documents.add}>
      {result !== null && (
        <Notice look={result.failed.length > 0 ? "warn" : "calm"}>
          <strong>{t.documents.result(result.documents, result.passages, formatDuration(result.seconds))}</strong>
          {result.failed.length > 0 && (
            <>
              <span>{t.documents.failedCount(result.failed.length)}:</span>
              <ul className="failures">
                {result.failed.map(({ file, message }) => <li key={file}><strong>{file}</strong>: {message}</li>)}
              </ul>
            </>
          )}
        </Notice>
      )}
      {asking ? (
        <div className="sheet">
          <PathForm
            label={t.documents.folder}
            hint={t.course.folderHint}
            submit={t.documents.start}
            onSubmit={(folder) => {
              setAsking(false);
              void ingest(folder);
            }}
            onCancel={() => setAsking(false)}
          />
        </div>
      ) : (
        <Button look="primary" onClick={() => setAsking(true)}><FolderPlus size={18} aria-hidden />{t.documents.add}</Button>
      )}
    </section>
  );
}
