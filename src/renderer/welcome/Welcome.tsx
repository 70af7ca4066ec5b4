import { Check } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { EndpointCard } from "../home/EndpointCard.tsx";
import { HostCard } from "../home/HostCard.tsx";
import { Launch } from "../home/Launch.tsx";
import { PracticeCard } from "../home/PracticeCard.tsx";
import { StickCard } from "../home/StickCard.tsx";
import { CourseCard } from "../home/CourseCard.tsx";
import { Button } from "../parts/Button.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useChoices } from "../stores/choices.ts";
import { saveSettings } from "../stores/settings.ts";
import { useStick } from "../stores/sticks.ts";
import { t } from "../strings/language.ts";
import "../home/home.css";
import "./welcome.css";

const finish = (): void => void saveSettings({ welcomed: true });

/** The first run: what is needed, one thing at a time, and a way past it at every step. */
export default function Welcome() {
  const [at, setAt] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  /** The pressed button may be gone with its step: a keyboard and a screen reader go on from the new heading. */
  const go = (step: number): void => {
    flushSync(() => setAt(step));
    heading.current?.focus();
  };
  const endpoint = useChoices((choices) => choices.endpoint);
  const stick = useStick();
  const hasModel = stick !== null || endpoint !== null;
  const words = t.welcome;
  const steps: { title: string; why: string; body: ReactNode }[] = [
    { title: words.stickTitle, why: words.stickWhy, body: endpoint === null ? <StickCard /> : <EndpointCard endpoint={endpoint} /> },
    { title: words.hostTitle, why: words.hostWhy, body: <HostCard /> },
    { title: hasModel ? words.readyTitle : words.missingTitle, why: hasModel ? words.readyWhy : words.missingWhy, body: <CourseCard /> },
  ];
  const step = steps[at]!;
  const last = at === steps.length - 1;
  return (
    <div className="home">
      <Screen title={words.title} lead={words.lead} actions={<Button look="quiet" size="compact" onClick={finish}>{words.skip}</Button>}>
        <ol className="welcome-steps" aria-label={words.progress(at + 1, steps.length)}>
          {words.steps.map((name, index) => {
            // The first was passed by, not done, while there is no model.
            const past = index < at && (index > 0 || hasModel);
            return (
              <li key={name} aria-current={index === at ? "step" : undefined} className={past ? "past" : undefined}>
                <span className="welcome-number" aria-hidden>{past ? <Check size={16} strokeWidth={3} /> : index + 1}</span>
                {name}
              </li>
            );
          })}
        </ol>
        <div className="home-grid">
          <section className="stack" aria-labelledby="welcome-title">
            <h2 id="welcome-title" ref={heading} tabIndex={-1} className="welcome-title">{step.title}</h2>
            <p className="soft measure">{step.why}</p>
            <div className="welcome-body">{step.body}</div>
            <div className="row">
              {at > 0 && <Button onClick={() => go(at - 1)}>{words.back}</Button>}
              {!last && <Button look="chalk" onClick={() => go(at + 1)}>{words.next}</Button>}
            </div>
          </section>
          <PracticeCard />
        </div>
      </Screen>
      {last && <Launch onStarted={finish} />}
    </div>
  );
}
