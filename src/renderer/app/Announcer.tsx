import { stepAnnouncement } from "../session/step-title.ts";
import { useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

/** The one live region of the session: speaks when the phase or the step changes, never at progress. */
export function Announcer() {
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const step = useSession(({ session }) => stepAnnouncement(session));
  return (
    <output className="hidden-text">
      {phase === "idle" ? "" : `${t.phases[phase]}. ${step}`}
    </output>
  );
}
