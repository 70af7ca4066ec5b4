import { resolve } from "node:path";
import type { IngestEvent, IngestResult } from "../../../contract/chat.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import { createProgressView } from "../progress-view.ts";
import { formatSeconds } from "../units.ts";

export async function ingest(folder: string, { output, connect }: CommandContext): Promise<void> {
  const { cwd, interrupt } = output.terminal;
  const ingested = await withCore(connect, async (client): Promise<IngestResult> => {
    const sending = createProgressView(output, "Send");
    for await (const event of await client.course.ingest({ folder: resolve(cwd, folder) }, { signal: interrupt })) {
      output.event(event);
      if (event.type === "sending") sending.update({ done: event.bytes, total: event.of, unit: "bytes", rate: null, etaSeconds: null, detail: event.file });
      else sending.finish();
      const line = describe(event);
      if (line !== null) output.line(line);
      if (event.type === "complete") {
        const { type: _, ...result } = event;
        return result;
      }
    }
    throw new MentorError("course-unreadable", "The course was not read to its end.");
  });
  output.result("ingest", { ingested });
}

function describe(event: IngestEvent): string | null {
  switch (event.type) {
    case "file":
      return `[${event.index + 1}/${event.files}] ${event.file}`;
    case "file-done":
      return event.unchanged ? "  unchanged" : `  ${event.passages} passages`;
    case "file-failed":
      return `  not read: ${event.message}`;
    case "sending":
    case "embedded":
      return null;
    case "complete":
      return `${event.documents} documents, ${event.passages} passages, ${event.unchanged} unchanged, ${event.failed.length} not read, ${formatSeconds(event.seconds)}`;
  }
}
