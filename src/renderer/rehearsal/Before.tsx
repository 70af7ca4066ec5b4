import { Check } from "lucide-react";
import { useEffect } from "react";
import { REHEARSAL_FAULT_NAMES, type RehearsalFault } from "../../contract/rehearsal.ts";
import { useConnection } from "../connection/state.ts";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { practice } from "../stores/practice.ts";
import { chooseFault, lookForObstacle, useRehearsal } from "../stores/rehearsal.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { Obstacle } from "./Obstacle.tsx";

/** What a rehearsal is, what shall go wrong in it, and why none can be held here. */
export function Before() {
  const { fault, obstacle } = useRehearsal();
  const connected = useConnection(({ status }) => status === "open");
  useEffect(() => {
    if (connected) void lookForObstacle();
  }, [connected]);
  const words = t.rehearsal;
  return (
    <>
      <section className="sheet stack" aria-labelledby="rehearsal-what">
        <h2 id="rehearsal-what">{words.what}</h2>
        <ul className="ticks">
          {words.promises.map((line) => <li key={line}><Check size={16} aria-hidden />{line}</li>)}
        </ul>
        <details className="rehearsal-faults">
          <summary>{fault === null ? words.faultTitle : words.faultChosen(titleOf(fault))}</summary>
          <Choice<RehearsalFault | "none">
            label={words.faultTitle}
            hideLabel
            value={fault ?? "none"}
            options={[{ value: "none", title: words.noFault, text: words.noFaultText }, ...REHEARSAL_FAULT_NAMES.map((name) => ({ value: name, ...faultWords(name) }))]}
            onChoose={(chosen) => chooseFault(chosen === "none" ? null : chosen)}
          />
        </details>
      </section>
      {obstacle != null && (
        <Obstacle obstacle={obstacle}>
          <div className="row">
            <Button size="compact" onClick={lookForObstacle}>{words.lookAgain}</Button>
            {(obstacle.reason === "platform" || obstacle.reason === "sshd") && (
              <Button
                size="compact"
                look="primary"
                onClick={() => {
                  showView("home");
                  void practice();
                }}
              >
                {t.practice.button}
              </Button>
            )}
          </div>
        </Obstacle>
      )}
    </>
  );
}

/** The contract tells a fault as "what goes wrong: what is to be seen then". */
function faultWords(fault: RehearsalFault): { title: string; text?: string } {
  const [title, ...rest] = t.faults[fault].split(": ");
  const text = rest.join(": ");
  return text === "" ? { title: title! } : { title: title!, text: text.charAt(0).toLocaleUpperCase(t.locale) + text.slice(1) };
}

const titleOf = (fault: RehearsalFault): string => faultWords(fault).title;
