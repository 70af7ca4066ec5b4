import { ListChecks } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { Button } from "../parts/Button.tsx";
import { Empty } from "../parts/Empty.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { en } from "../strings/en.ts";
import { NeedsHelp } from "./NeedsHelp.tsx";
import { Plan } from "./Plan.tsx";
import { Ready } from "./Ready.tsx";
import { Starting } from "./Starting.tsx";
import { Stopped } from "./Stopped.tsx";
import "./session.css";

const TITLES = {
  idle: en.session.idleTitle,
  starting: en.session.startingTitle,
  "needs-help": en.session.needsHelpTitle,
  ready: en.session.readyTitle,
  stopping: en.session.stoppingTitle,
  stopped: en.session.stoppedTitle,
} satisfies Record<SessionSnapshot["phase"], string>;

export function Session() {
  const session = useSession((state) => state.session);
  const refusal = useSession((state) => state.refusal);
  if (session === null || session.phase === "idle") {
    return (
      <Screen title={en.views.session}>
        <Empty icon={ListChecks} title={en.session.idleTitle} text={en.session.idleText}>
          <Button look="primary" onClick={() => showView("home")}>{en.session.idleButton}</Button>
        </Empty>
      </Screen>
    );
  }
  return (
    <Screen title={TITLES[session.phase]} lead={describe(session)}>
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
          <ProgressBar share={null} label={TITLES.stopping} />
          <output>{en.session.stoppingText}</output>
        </div>
      );
    case "needs-help":
      return (
        <>
          {session.error !== null && <NeedsHelp report={session.error} />}
          <Plan steps={session.steps} />
        </>
      );
    default:
      return <Starting session={session} />;
  }
}

function describe({ model, host, servedBy: { chat } }: SessionSnapshot): string {
  if (host === null) return "";
  if (chat !== null) return en.session.on(en.endpoint.summary(chat), host.label);
  return model === null ? host.label : en.session.on(model.name, host.label);
}
