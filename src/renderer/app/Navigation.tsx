import { Archive, BookOpen, Drama, House, ListChecks, MessageSquareText, ScrollText, Settings } from "lucide-react";
import icon from "../../../assets/icons/icon.svg";
import { isHeld, useRehearsal } from "../stores/rehearsal.ts";
import { useSession } from "../stores/session.ts";
import { showView, useView, VIEWS, type View } from "../stores/view.ts";
import { t } from "../strings/language.ts";

const ICONS = { home: House, rehearsal: Drama, session: ListChecks, chat: MessageSquareText, course: BookOpen, backups: Archive, logs: ScrollText, settings: Settings } satisfies Record<View, unknown>;

export function Navigation() {
  const shown = useView((state) => state.view);
  const rehearsing = useRehearsal(isHeld);
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  return (
    <nav className="rail" aria-label={t.navigation}>
      <div className="brand">
        <img src={icon} alt="" width={32} height={32} />
        <span>{t.product}</span>
      </div>
      <ul>
        {VIEWS.filter((view) => view !== "rehearsal" || view === shown || rehearsing).map((view) => {
          const Icon = ICONS[view];
          return (
            <li key={view} className={view === "settings" ? "last" : undefined}>
              <button type="button" className="rail-item" aria-current={view === shown ? "page" : undefined} onClick={() => showView(view)}>
                <Icon size={20} aria-hidden />
                <span>{t.views[view]}</span>
                {view === "session" && phase !== "idle" && (
                  <span className={`phase-dot ${phase}`}>
                    <span className="hidden-text">({t.phases[phase]})</span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
