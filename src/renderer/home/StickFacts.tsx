import { CircleCheck } from "lucide-react";
import type { ModelFile, Stick } from "../../contract/stick.ts";
import { formatBytes, formatCount, formatParameters } from "../format/amounts.ts";
import { Choice } from "../parts/Choice.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { choose, useChoices } from "../stores/choices.ts";
import { t } from "../strings/language.ts";
import { needsModelChoice, usableModels } from "./start-blocker.ts";

/** What is on the stick: its model, or what stands in the way. */
export function StickFacts({ stick }: { stick: Stick }) {
  const chosen = useChoices((choices) => choices.model);
  const several = needsModelChoice(stick);
  const usable = usableModels(stick);
  const model = several ? usable.find(({ file }) => file === chosen) : usable[0];
  return (
    <>
      <p className="small soft stick-label">
        <span>{[...new Set([t.stick.kinds[stick.kind], stick.label, stick.readOnly ? t.stick.readOnly : "", room(stick)])].filter(Boolean).join(" · ")}</span>
      </p>
      {several && (
        <Choice
          label={t.stick.chooseModel}
          value={chosen}
          options={usable.map((one) => ({ value: one.file, title: one.header?.name || one.file, text: [one.header?.quantisation, formatBytes(one.bytes), one.file].filter(Boolean).join(" · ") }))}
          onChoose={(file) => choose({ model: file })}
        />
      )}
      {model !== undefined && <ModelFacts model={model} />}
      {several && model === undefined && <p className="soft">{t.stick.goodSeveral}</p>}
      {(several ? model !== undefined : stick.problem === null) && <p className="verdict"><CircleCheck size={18} aria-hidden />{t.stick.good}</p>}
      {stick.problem !== null && !several && <ErrorNotice report={stick.problem} look="warn" />}
    </>
  );
}

function ModelFacts({ model }: { model: ModelFile }) {
  const words = t.stick.facts;
  const { header, bytes, parts, file } = model;
  const facts: [string, string][] = [
    ...(header === null ? [] : [[words.parameters, formatParameters(header.parameters)] satisfies [string, string], [words.quantisation, header.quantisation] satisfies [string, string]]),
    [words.size, parts.length > 1 ? `${formatBytes(bytes)} ${t.stick.parts(parts.length)}` : formatBytes(bytes)],
    ...(header === null ? [] : [[words.context, t.stick.tokens(formatCount(header.contextTokens))] satisfies [string, string]]),
  ];
  return (
    <div className="model">
      <h3 className="model-name">{header?.name || file}</h3>
      {header === null ? <p className="soft small">{t.stick.unreadHeader}</p> : header.name !== "" && <p className="soft small"><code>{file}</code></p>}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function room({ freeBytes, sizeBytes }: Stick): string {
  return freeBytes === null || sizeBytes === null ? "" : t.stick.free(formatBytes(freeBytes), formatBytes(sizeBytes));
}
