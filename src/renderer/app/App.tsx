import { lazy, Suspense } from "react";
import { useConnection } from "../connection/state.ts";
import { useView, type View } from "../stores/view.ts";
import { Home } from "../home/Home.tsx";
import { Session } from "../session/Session.tsx";
import { Announcer } from "./Announcer.tsx";
import { ConnectionLine } from "./ConnectionLine.tsx";
import { Mishap } from "./Mishap.tsx";
import { Missing } from "./Missing.tsx";
import { Navigation } from "./Navigation.tsx";
import "./app.css";

const Chat = lazy(() => import("../chat/Chat.tsx"));
const Course = lazy(() => import("../course/Course.tsx"));
const Logs = lazy(() => import("../logs/Logs.tsx"));
const SettingsScreen = lazy(() => import("../settings/Settings.tsx"));

const SCREENS: Record<View, React.ComponentType> = { home: Home, session: Session, chat: Chat, course: Course, logs: Logs, settings: SettingsScreen };

export function App() {
  const status = useConnection((connection) => connection.status);
  const view = useView((state) => state.view);
  if (status === "unreachable" || status === "no-token") return <Missing reason={status} />;
  const Shown = SCREENS[view];
  return (
    <div className="app">
      <Navigation />
      <div className="app-body">
        <ConnectionLine />
        <main className="app-main">
          <Mishap key={view}>
            <Suspense fallback={null}>
              <Shown />
            </Suspense>
          </Mishap>
        </main>
      </div>
      <Announcer />
    </div>
  );
}
