import { Coins } from "lucide-react";
import { useEffect, useState } from "react";
import { isDeletable, type PodOfOurs } from "../../contract/rent.ts";
import { useConnection } from "../connection/state.ts";
import { formatMoney } from "../format/amounts.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { Question } from "../parts/Question.tsx";
import { endPod, loadPods, useRent } from "../stores/rent.ts";
import { useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";
import { usd } from "./money.ts";
import "./rent.css";

const RUNS: ReadonlySet<PodOfOurs["state"]> = new Set(["provisioning", "starting", "running", "failed"]);
/** Milliseconds. */
const LOOK_EVERY = 60_000;

/** Machines of ours that cost money while no session uses them: nothing is forgotten. */
export function Orphans() {
  const { pods, problem } = useRent();
  const connected = useConnection(({ status }) => status === "open");
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  useEffect(() => {
    if (!connected) return;
    void loadPods();
    const timer = setInterval(loadPods, LOOK_EVERY);
    return () => clearInterval(timer);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- a session that begins or ends takes a machine or leaves one
  }, [connected, phase]);
  const unused = pods.filter(({ sessionId }) => sessionId === null);
  const running = unused.filter(({ state }) => RUNS.has(state));
  const stopped = unused.filter(({ state }) => state === "stopped");
  if (running.length + stopped.length === 0) return null;
  return (
    <section className={running.length > 0 ? "sheet orphans costly" : "sheet orphans"} aria-labelledby="orphans-title">
      <Coins size={28} strokeWidth={1.5} aria-hidden />
      <div className="stack">
        <h2 id="orphans-title">{running.length > 0 ? t.rent.orphansTitle(running.length) : t.rent.stoppedTitle}</h2>
        <p className="soft">{running.length > 0 ? t.rent.orphansText : t.rent.stoppedText}</p>
        {problem !== null && <ErrorNotice report={problem} />}
        <ul>{[...running, ...stopped].map((pod) => <PodRow key={pod.id} pod={pod} />)}</ul>
      </div>
    </section>
  );
}

function PodRow({ pod }: { pod: PodOfOurs }) {
  const { id, name, gpu, state, microUsdPerHour, spentMicroUsd, disk, madeHere } = pod;
  const ending = useRent((store) => store.ending);
  const [asking, setAsking] = useState(false);
  const runs = RUNS.has(state);
  const cost = runs ? t.rent.podCosts(formatMoney(usd(microUsdPerHour)), formatMoney(usd(spentMicroUsd))) : t.rent.podDisk(formatMoney(usd(disk?.microUsdPerDay ?? 0)));
  return (
    <li className="pod">
      <p>
        <strong>{gpu ?? name}</strong> · {cost}
        <span className="soft small block">{[name, madeHere ? "" : t.rent.podElsewhere].filter(Boolean).join(" · ")}</span>
      </p>
      <div className="row">
        {ending === id && <output className="soft small">{t.rent.podWorking}</output>}
        {runs && <Button look="primary" size="compact" blocked={ending !== null} onClick={() => endPod(id, "stop")}>{t.rent.podStop}</Button>}
        {isDeletable(pod) && <Button look="bad" size="compact" blocked={ending !== null} onClick={() => setAsking(true)}>{t.rent.podDelete}</Button>}
      </div>
      <Question
        open={asking}
        onClose={() => setAsking(false)}
        title={t.rent.podDeleteTitle}
        text={t.rent.podDeleteText(name)}
        back={t.backups.back}
        answer={
          <Button
            look="bad"
            onClick={() => {
              setAsking(false);
              void endPod(id, "terminate");
            }}
          >
            {t.rent.podDeleteConfirm}
          </Button>
        }
      />
    </li>
  );
}
