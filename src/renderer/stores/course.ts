import { create } from "zustand";
import type { CourseDocument, IngestResult } from "../../contract/chat.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { core, reportOf } from "../connection/failure.ts";

export interface IngestFile {
  file: string;
  state: "reading" | "done" | "unchanged" | "failed";
  passages: number;
  /** Passages of this file in all; null until known. */
  of: number | null;
  message: string | null;
}

interface CourseStore {
  /** null until they were asked for. */
  documents: CourseDocument[] | null;
  ingesting: boolean;
  /** The file being read, counted from 1, and how many there are. */
  position: { index: number; files: number } | null;
  /** Bytes on their way to the host; null once they are there, or where nothing is sent. */
  sending: { bytes: number; of: number } | null;
  files: IngestFile[];
  result: IngestResult | null;
  problem: ErrorReport | null;
}

export const useCourse = create<CourseStore>(() => ({ documents: null, ingesting: false, position: null, sending: null, files: [], result: null, problem: null }));

export async function loadDocuments(): Promise<void> {
  try {
    useCourse.setState({ documents: await core().course.documents(), problem: null });
  } catch (thrown) {
    useCourse.setState({ problem: reportOf(thrown) });
  }
}

let giveUp = new AbortController();

/** Reads a folder into the running session's course. */
export async function ingest(folder: string): Promise<void> {
  giveUp = new AbortController();
  useCourse.setState({ ingesting: true, position: null, sending: null, files: [], result: null, problem: null });
  try {
    for await (const event of await core().course.ingest({ folder }, { signal: giveUp.signal })) {
      switch (event.type) {
        case "sending":
          useCourse.setState({ sending: { bytes: event.bytes, of: event.of } });
          break;
        case "file":
          useCourse.setState({ sending: null, position: { index: event.index, files: event.files } });
          update(event.file, { state: "reading" });
          break;
        case "embedded":
          update(event.file, { passages: event.passages, of: event.of });
          break;
        case "file-done":
          update(event.file, { state: event.unchanged ? "unchanged" : "done", passages: event.passages });
          break;
        case "file-failed":
          update(event.file, { state: "failed", message: event.message });
          break;
        case "complete":
          useCourse.setState({ result: event });
          break;
      }
    }
    await loadDocuments();
  } catch (thrown) {
    if (!giveUp.signal.aborted) useCourse.setState({ problem: reportOf(thrown) });
  } finally {
    useCourse.setState({ ingesting: false });
  }
}

export const cancelIngest = () => giveUp.abort();

function update(file: string, changes: Partial<IngestFile>): void {
  const { files } = useCourse.getState();
  const present = files.find((one) => one.file === file) ?? { file, state: "reading", passages: 0, of: null, message: null };
  useCourse.setState({ files: [...files.filter((one) => one.file !== file), { ...present, ...changes }] });
}
