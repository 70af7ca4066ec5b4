import { useSession } from "../stores/session.ts";
import { en } from "../strings/en.ts";

/** The one live region of the session: speaks when the phase or the step changes, never at progress. */
export function Announcer() {
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const step = useSession(({ session }) => {
    if (session === null || session.phase !== "starting") return "";
    const index = session.steps.findLastIndex(({ status }) => status === "running");
    return index < 0 ? "" : en.session.announce(index + 1, session.steps.length, session.steps[index]?.title ?? "");
  });
  return (
    <output className="hidden-text">
      {phase === "idle" ? "" : `${en.phases[phase]}. ${step}`}
    </output>
  );
}
