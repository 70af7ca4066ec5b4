import { lazy, Suspense, useLayoutEffect } from "react";
import { useConnection } from "../connection/state.ts";
import { useSettings } from "../stores/settings.ts";
import { useView, type View } from "../stores/view.ts";
import { Home } from "../home/Home.tsx";
import { Session } from "../session/Session.tsx";
import { t, useLanguage } from "../strings/language.ts";
import { Announcer } from "./Announcer.tsx";
import { ConnectionLine } from "./ConnectionLine.tsx";
import { HostLine } from "./HostLine.tsx";
import { Mishap } from "./Mishap.tsx";
import { Missing } from "./Missing.tsx";
import { Navigation } from "./Navigation.tsx";
import "./app.css";

const Chat = lazy(() => import("../chat/Chat.tsx"));
const Backups = lazy(() => import("../backups/Backups.tsx"));
const Course = lazy(() => import("../course/Course.tsx"));
const Rehearsal = lazy(() => import("../rehearsal/Rehearsal.tsx"));
const Welcome = lazy(() => import("../welcome/Welcome.tsx"));
const Logs = lazy(() => import("../logs/Logs.tsx"));
const SettingsScreen = lazy(() => import("../settings/Settings.tsx"));

const SCREENS: Record<View, React.ComponentType> = { home: Home, rehearsal: Rehearsal, session: Session, chat: Chat, course: Course, backups: Backups, logs: Logs, settings: SettingsScreen };

/** Not by the address: its fragment is where the token comes in. */
function skip(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

export function App() {
  const status = useConnection((connection) => connection.status);
  const view = useView((state) => state.view);
  const language = useLanguage((state) => state.language);
  const welcome = useSettings(({ settings }) => settings !== null && !settings.welcomed);
  useLayoutEffect(() => void (document.documentElement.lang = language), [language]);
  if (status === "unreachable" || status === "no-token") return <Missing reason={status} />;
  const Shown = SCREENS[view];
  return (
    <div className="app" key={language}>
      <a className="skip" href="#content" onClick={skip}>{t.skipToContent}</a>
      <Navigation />
      <div className="app-body">
        <div>
          <ConnectionLine />
          <HostLine />
        </div>
        <main className="app-main" id="content" tabIndex={-1}>
          <Mishap key={`${view} ${welcome}`}>
            <Suspense fallback={null}>
              {welcome && view === "home" ? <Welcome /> : <Shown />}
            </Suspense>
          </Mishap>
        </main>
      </div>
      <Announcer />
    </div>
  );
}
