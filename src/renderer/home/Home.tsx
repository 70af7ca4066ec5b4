import { useChoices } from "../stores/choices.ts";
import { useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { Button } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";
import { Screen } from "../parts/Screen.tsx";
import { en } from "../strings/en.ts";
import { CourseCard } from "./CourseCard.tsx";
import { EndpointCard } from "./EndpointCard.tsx";
import { HostCard } from "./HostCard.tsx";
import { Launch } from "./Launch.tsx";
import { PracticeCard } from "./PracticeCard.tsx";
import { isActive } from "./start-blocker.ts";
import { StickCard } from "./StickCard.tsx";
import "./home.css";

export function Home() {
  const endpoint = useChoices((choices) => choices.endpoint);
  const active = useSession(({ session }) => isActive(session?.phase ?? "idle"));
  return (
    <div className="home">
      <Screen title={en.home.title} lead={en.home.lead}>
        {active && (
          <Notice look="calm">
            <span className="row">
              <strong>{en.home.running}</strong>
              <Button size="compact" onClick={() => showView("session")}>{en.home.runningButton}</Button>
            </span>
          </Notice>
        )}
        <div className="home-grid">
          <div className="home-column">
            {endpoint === null ? <StickCard /> : <EndpointCard endpoint={endpoint} />}
            {!active && <PracticeCard />}
          </div>
          <div className="home-column">
            <HostCard />
            <CourseCard />
          </div>
        </div>
      </Screen>
      <Launch />
    </div>
  );
}
