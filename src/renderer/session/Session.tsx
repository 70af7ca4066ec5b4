import { ListChecks } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { Button } from "../parts/Button.tsx";
import { Empty } from "../parts/Empty.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { RentCard } from "../rent/RentCard.tsx";
import { NeedsHelp } from "./NeedsHelp.tsx";
import { Plan } from "./Plan.tsx";
import { Ready } from "./Ready.tsx";
import { Starting } from "./Starting.tsx";
import { Stopped } from "./Stopped.tsx";
import "./session.css";

const title = (phase: SessionSnapshot["phase"]): string =>
  ({
    idle: t.session.idleTitle,
    starting: t.session.startingTitle,
    "needs-help": t.session.needsHelpTitle,
    ready: t.session.readyTitle,
    stopping: t.session.stoppingTitle,
    stopped: t.session.stoppedTitle,
  })[phase];

export function Session() {
  const session = useSession((state) => state.session);
  const refusal = useSession((state) => state.refusal);
  if (session === null || session.phase === "idle") {
    return (
      <Screen title={t.views.session}>
        <Empty icon={ListChecks} title={t.session.idleTitle} text={t.session.idleText}>
          <Button look="primary" onClick={() => showView("home")}>{t.session.idleButton}</Button>
        </Empty>
      </Screen>
    );
  }
  return (
    <Screen title={title(session.phase)} lead={describe(session)}>
      {refusal !== null && <ErrorNotice report={refusal} />}
      <Phase session={session} />
    </Screen>
  );
}

function Phase({ session }: { session: SessionSnapshot }) {
  switch (session.phase) {
    case "ready":
      return <Ready session={session} />;
    case "stopped":
      return <Stopped session={session} />;
    case "stopping":
      return (
        <div className="sheet stopping">
          <ProgressBar share={null} label={t.session.stoppingTitle} />
          <output>{t.session.stoppingText}</output>
        </div>
      );
    case "needs-help":
      return (
        <>
          {session.error !== null && <NeedsHelp report={session.error} />}
          {session.rent !== null && <RentCard rent={session.rent} />}
          <Plan steps={session.steps} />
        </>
      );
    default:
      return <Starting session={session} />;
  }
}

function describe({ model, host, servedBy: { chat } }: SessionSnapshot): string {
  if (host === null) return "";
  if (chat !== null) return t.session.on(t.endpoint.summary(chat), host.label);
  return model === null ? host.label : t.session.on(model.name, host.label);
}
