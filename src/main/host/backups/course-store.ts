import { MentorBackups } from "../../../adapters/mentor/backups.ts";
import type { Clock } from "../../../core/ports.ts";
import type { CourseStore } from "../../../core/backup/course-store.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import "../steps/facts.ts";

/** The course of a running session. Throws `host-lost` where this app is not connected to it. */
export function courseStoreOf(facts: SessionFacts, clock: Clock): CourseStore {
  const { url } = facts.require("endpoints").find(({ service }) => service === "api")!;
  const host = facts.requireHandle("host");
  const incoming = `${facts.require("layout").courseData}/backups/incoming`;
  return new MentorBackups({ url, key: facts.requireHandle("key") }, async (id, name, path, signal, onBytes) => {
    const { bytesSent } = await uploadFile({ host, source: path, destination: `${incoming}/${id}/${name}`, clock, signal, onProgress: ({ done }) => onBytes(done) });
    facts.sent(bytesSent);
  });
}
