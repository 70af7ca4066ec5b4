import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import { useId, type ReactNode } from "react";
import "./choice.css";

export interface Option<Value extends string> {
  value: Value;
  title: string;
  text?: ReactNode;
  disabled?: boolean;
}

interface ChoiceProps<Value extends string> {
  label: string;
  hideLabel?: boolean;
  value: Value | null;
  options: readonly Option<Value>[];
  across?: boolean;
  onChoose(value: Value): void;
}

/** A few big radio buttons; arrow keys move between them. */
export function Choice<Value extends string>({ label, hideLabel = false, value, options, across = false, onChoose }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <div className="field">
      <span id={id} className={hideLabel ? "hidden-text" : "label"}>{label}</span>
      <RadioGroup aria-labelledby={id} className={across ? "choice across" : "choice"} value={value} onValueChange={(chosen) => onChoose(chosen as Value)}>
        {options.map((option, index) => (
          // The whole row is the label, so that it is a large target.
          <label key={option.value} className="choice-row">
            <Radio.Root value={option.value} disabled={option.disabled} className="choice-dot" aria-labelledby={`${id}-${index}`} aria-describedby={option.text === undefined ? undefined : `${id}-${index}-text`} />
            <span className="choice-words">
              <span id={`${id}-${index}`} className="choice-title">{option.title}</span>
              {option.text !== undefined && <span id={`${id}-${index}-text`} className="soft small">{option.text}</span>}
            </span>
          </label>
        ))}
      </RadioGroup>
    </div>
  );
}
