import { Play } from "lucide-react";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { useChoices } from "../stores/choices.ts";
import { useConnection } from "../connection/state.ts";
import { useKeys } from "../stores/keys.ts";
import { usePractice } from "../stores/practice.ts";
import { startSession, useSession } from "../stores/session.ts";
import { useStick, useSticks } from "../stores/sticks.ts";
import { t } from "../strings/language.ts";
import { keepEndpointKey } from "./endpoint-key.ts";
import { rememberHost } from "./remember-host.ts";
import { needsModelChoice, startBlocker, usableModels } from "./start-blocker.ts";
import { toStartRequest } from "./start-request.ts";

/** The one big button, with what it will do or why it cannot. */
export function Launch({ onStarted }: { onStarted?(): void }) {
  const connection = useConnection(({ status }) => status);
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const pending = useSession((state) => state.pending);
  const refusal = useSession((state) => state.refusal);
  const looking = useSticks(({ sticks }) => sticks === null);
  const practising = usePractice(({ making }) => making);
  const rentKey = useKeys(({ kept }) => kept?.includes("runpod") ?? null);
  const choices = useChoices();
  const stick = useStick();
  const blocker = startBlocker({ connection, phase, looking, practising, stick, choices, rentKey });
  const start = async () => {
    if (blocker !== null || pending !== null) return;
    if (choices.endpoint !== null && !(await keepEndpointKey(choices.endpoint))) return;
    const accepted = await startSession(toStartRequest(stick, choices));
    if (!accepted) return;
    rememberHost(choices);
    onStarted?.();
  };
  const models = stick === null ? [] : usableModels(stick);
  const model = stick !== null && needsModelChoice(stick) ? models.find(({ file }) => file === choices.model) : models[0];
  const host = choices.host === "local" ? t.launch.thisComputer : choices.host === "runpod" ? t.launch.rented : choices.address;
  return (
    <div className="launch">
      <div className="launch-inner">
        {refusal !== null && <ErrorNotice report={refusal} />}
        <p id="launch-reason" className="launch-reason">
          <strong>{blocker === null ? t.launch.ready : t.launch.notYet}</strong>
          <span className="soft">{blocker ?? t.launch.summary(choices.endpoint === null ? model?.header?.name || model?.file || "" : t.endpoint.summary(choices.endpoint), host)}</span>
        </p>
        <Button look="chalk" size="big" blocked={blocker !== null || pending !== null} aria-describedby="launch-reason" onClick={start}>
          <Play size={22} aria-hidden fill="currentColor" />
          {pending === "start" ? t.launch.starting : t.launch.button}
        </Button>
      </div>
    </div>
  );
}
