import { useState, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { retrySession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

export function ModelQuestion({ models, busy, giveUp }: { models: string[]; busy: boolean; giveUp: ReactNode }) {
  const [model, setModel] = useState<string | null>(null);
  return (
    <div className="stack question">
      <Choice label={t.stick.chooseModel} value={model} options={models.map((file) => ({ value: file, title: file }))} onChoose={setModel} />
      <div className="row">
        <Button look="chalk" blocked={busy || model === null} onClick={() => model !== null && retrySession({ model })}>{t.help.chooseModel}</Button>
        {giveUp}
      </div>
    </div>
  );
}
