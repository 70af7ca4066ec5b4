import { useSession } from "../stores/session.ts";
import { stepTitle } from "../session/step-title.ts";
import { t } from "../strings/language.ts";

/** The one live region of the session: speaks when the phase or the step changes, never at progress. */
export function Announcer() {
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const step = useSession(({ session }) => {
    if (session === null || session.phase !== "starting") return "";
    const index = session.steps.findLastIndex(({ status }) => status === "running");
    return index < 0 ? "" : t.session.announce(index + 1, session.steps.length, stepTitle(session.steps[index]!));
  });
  return (
    <output className="hidden-text">
      {phase === "idle" ? "" : `${t.phases[phase]}. ${step}`}
    </output>
  );
}
