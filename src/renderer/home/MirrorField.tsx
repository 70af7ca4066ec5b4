import { useId, useState } from "react";
import { mirrorFault } from "../../contract/mirror-url.ts";
import { choose, useChoices } from "../stores/choices.ts";
import { t } from "../strings/language.ts";

/** Where the host may fetch parts of the model itself, for those whose line is slow. Folded while nothing is in it. */
export function MirrorField({ file }: { file: string }) {
  const mirrors = useChoices((choices) => choices.mirrors);
  const value = mirrors[file] ?? "";
  const [open] = useState(value !== "");
  const id = useId();
  const words = t.mirror;
  const fault = value.trim() === "" ? null : mirrorFault(value.trim());
  return (
    <details className="mirror" open={open}>
      <summary>{words.title}</summary>
      <div className="field">
        <label htmlFor={id}>{words.label(file)}</label>
        <input
          id={id}
          className="input"
          type="url"
          value={value}
          placeholder="https://…/model.gguf"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={fault !== null || undefined}
          aria-describedby={fault === null ? `${id}-hint` : `${id}-fault ${id}-hint`}
          onChange={({ target }) => choose({ mirrors: { ...mirrors, [file]: target.value } })}
        />
        {fault !== null && <output id={`${id}-fault`} className="field-fault">{words.faults[fault]}</output>}
        <span id={`${id}-hint`} className="hint">{words.hint}</span>
      </div>
    </details>
  );
}
