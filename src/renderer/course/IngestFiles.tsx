import { Check, CircleAlert, LoaderCircle } from "lucide-react";
import type { IngestFile } from "../stores/course.ts";
import { t } from "../strings/language.ts";

const ICONS = { reading: LoaderCircle, done: Check, unchanged: Check, failed: CircleAlert } satisfies Record<IngestFile["state"], unknown>;

export function IngestFiles({ files }: { files: readonly IngestFile[] }) {
  return (
    <ul className="ingest-files">
      {files.toReversed().map(({ file, state, passages, of, message }) => {
        const Icon = ICONS[state];
        return (
          <li key={file} className={state}>
            <Icon size={16} aria-hidden className={state === "reading" ? "turning" : undefined} />
            <span>{file}</span>
            <span className="small soft">{state === "reading" && of !== null ? t.documents.of(passages, of) : (message ?? t.documents.states[state])}</span>
          </li>
        );
      })}
    </ul>
  );
}
