import { Usb } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { choose } from "../stores/choices.ts";
import { chooseFolder, useStick, useSticks } from "../stores/sticks.ts";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { PathForm } from "../parts/PathForm.tsx";
import { t } from "../strings/language.ts";
import { StickFacts } from "./StickFacts.tsx";

export function StickCard() {
  const sticks = useSticks((state) => state.sticks);
  const inspecting = useSticks((state) => state.inspecting);
  const folderProblem = useSticks((state) => state.folderProblem);
  const stick = useStick();
  const [asking, setAsking] = useState(false);
  const trouble = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (folderProblem !== null) trouble.current?.scrollIntoView({ block: "nearest" });
  }, [folderProblem]);
  return (
    <section className="sheet card stick-card" aria-labelledby="stick-title">
      <h2 id="stick-title">{t.stick.title}</h2>
      {sticks === null && <p className="soft">{t.stick.looking}</p>}
      {sticks?.length === 0 && (
        <div className="stick-none">
          <Usb size={32} strokeWidth={1.5} aria-hidden />
          <div>
            <h3>{t.stick.noneTitle}</h3>
            <p className="soft">{t.stick.noneText}</p>
          </div>
        </div>
      )}
      {sticks !== null && sticks.length > 1 && (
        <Choice
          label={t.stick.choose}
          value={stick?.path ?? null}
          options={sticks.map(({ path, label, kind }) => ({ value: path, title: label, text: `${t.stick.kinds[kind]} · ${path}` }))}
          onChoose={(path) => choose({ stick: path, model: null })}
        />
      )}
      {stick !== null && <StickFacts stick={stick} />}
      {asking ? (
        <PathForm
          label={t.stick.folder}
          hint={t.stick.folderHint}
          submit={inspecting ? t.stick.reading : t.stick.takeFolder}
          busy={inspecting}
          onSubmit={async (path) => (await chooseFolder(path)) && setAsking(false)}
          onCancel={() => setAsking(false)}
        />
      ) : (
        <div className="row">
          <Button look="quiet" size="compact" onClick={() => setAsking(true)}>{t.stick.otherFolder}</Button>
          <Button look="quiet" size="compact" onClick={() => choose({ endpoint: { url: "", model: "", key: "" } })}>{t.endpoint.use}</Button>
        </div>
      )}
      {asking && folderProblem !== null && <div ref={trouble}><ErrorNotice report={folderProblem} /></div>}
    </section>
  );
}
