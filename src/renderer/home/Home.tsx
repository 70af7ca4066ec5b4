import { useChoices } from "../stores/choices.ts";
import { useSession } from "../stores/session.ts";
import { Screen } from "../parts/Screen.tsx";
import { t } from "../strings/language.ts";
import { CourseCard } from "./CourseCard.tsx";
import { EndpointCard } from "./EndpointCard.tsx";
import { HostCard } from "./HostCard.tsx";
import { Launch } from "./Launch.tsx";
import { Now } from "./Now.tsx";
import { PracticeCard } from "./PracticeCard.tsx";
import { Orphans } from "../rent/Orphans.tsx";
import { StickCard } from "./StickCard.tsx";
import "./home.css";

/** One state, one next action: what runs now, or what the next start needs. */
export function Home() {
  const session = useSession((state) => state.session);
  if (session !== null && session.phase !== "idle" && session.phase !== "stopped") {
    return (
      <Screen title={t.views.home}>
        <Orphans />
        <Now session={session} phase={session.phase} />
      </Screen>
    );
  }
  return <SetUp />;
}

function SetUp() {
  const endpoint = useChoices((choices) => choices.endpoint);
  return (
    <div className="home">
      <Screen title={t.home.title} lead={t.home.lead}>
        <Orphans />
        <div className="home-grid">
          <div className="home-column">
            {endpoint === null ? <StickCard /> : <EndpointCard endpoint={endpoint} />}
            <PracticeCard />
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
