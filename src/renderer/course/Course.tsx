import { BookOpen } from "lucide-react";
import { useEffect } from "react";
import { formatMoment } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { Empty } from "../parts/Empty.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useConnection } from "../connection/state.ts";
import { loadDocuments, useCourse } from "../stores/course.ts";
import { useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { Ingest } from "./Ingest.tsx";
import "./course.css";

export default function Course() {
  const ready = useSession(({ session }) => session?.phase === "ready");
  const connected = useConnection(({ status }) => status === "open");
  const documents = useCourse((state) => state.documents);
  const problem = useCourse((state) => state.problem);
  useEffect(() => {
    if (ready && connected) void loadDocuments();
  }, [ready, connected]);
  if (!ready) {
    return (
      <Screen title={t.documents.title} lead={t.documents.lead}>
        <Empty icon={BookOpen} title={t.documents.notReadyTitle} text={t.documents.notReadyText}>
          <Button look="primary" onClick={() => showView("home")}>{t.chat.notReadyButton}</Button>
        </Empty>
      </Screen>
    );
  }
  const passages = documents?.reduce((sum, one) => sum + one.passages, 0) ?? 0;
  return (
    <Screen title={t.documents.title} lead={documents === null || documents.length === 0 ? t.documents.lead : t.documents.count(documents.length, passages)}>
      {problem !== null && <ErrorNotice report={problem} />}
      <Ingest />
      {documents === null && problem === null && <p className="soft">{t.documents.loading}</p>}
      {documents?.length === 0 && <Empty icon={BookOpen} title={t.documents.emptyTitle} text={t.documents.emptyText} />}
      {documents !== null && documents.length > 0 && (
        <div className="sheet documents">
          <table>
            <thead>
              <tr><th scope="col">{t.documents.document}</th><th scope="col" className="number">{t.documents.passages}</th><th scope="col" className="number">{t.documents.added}</th></tr>
            </thead>
            <tbody>
              {documents.map(({ file, passages: count, ingestedAt }) => (
                <tr key={file}>
                  <th scope="row">{file}</th>
                  <td className="number">{count}</td>
                  <td className="number soft"><time dateTime={ingestedAt}>{formatMoment(ingestedAt)}</time></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Screen>
  );
}
