import { MentorError } from "../../../contract/errors.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import "./facts.ts";

/** The stick's course, of which only what changed is read again. */
export function restoreCourse(): StepImplementation {
  return {
    id: "restore-course",
    async run({ facts, signal, progress, log }) {
      const mentor = facts.requireHandle("mentor");
      const folder = facts.require("courseFolder");
      if (folder === null) {
        const documents = await mentor.documents();
        facts.set("course", { documents: documents.length, passages: documents.reduce((sum, one) => sum + one.passages, 0) });
        return { skipped: true, outcome: documents.length === 0 ? "no course yet" : `${documents.length} documents are there` };
      }
      for await (const event of mentor.ingestFolder(folder, signal)) {
        if (event.type === "sending") progress({ done: event.bytes, total: event.of, unit: "bytes", rate: null, etaSeconds: null, detail: `Sending ${event.file}` });
        if (event.type === "file") progress({ done: event.index, total: event.files, unit: "files", rate: null, etaSeconds: null, detail: event.file });
        if (event.type === "embedded") progress({ done: event.passages, total: event.of, unit: "chunks", rate: null, etaSeconds: null, detail: event.file });
        if (event.type === "file-failed") log("warn", `${event.file} was left out: ${event.message}`);
        if (event.type === "complete") {
          facts.set("course", { documents: event.documents, passages: event.passages });
          const left = event.failed.length === 0 ? "" : `, ${event.failed.length} left out`;
          return { skipped: event.unchanged === event.documents, outcome: `${event.documents} documents, ${event.passages} passages${left}` };
        }
      }
      throw new MentorError("course-unreadable", "The course ended before all of it was read.");
    },
  };
}
