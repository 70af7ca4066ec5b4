import { Switch as Base } from "@base-ui/react/switch";
import { useId } from "react";

/** On or off, at once. The whole row can be pressed. */
export function Switch({ label, text, checked, onChange }: { label: string; text?: string; checked: boolean; onChange(checked: boolean): void }) {
  const id = useId();
  return (
    <label className="switch-row">
      <Base.Root className="switch" checked={checked} onCheckedChange={onChange} aria-labelledby={id} aria-describedby={text === undefined ? undefined : `${id}-text`}>
        <Base.Thumb className="switch-thumb" />
      </Base.Root>
      <span>
        <span id={id}>{label}</span>
        {text !== undefined && <span id={`${id}-text`} className="soft small block">{text}</span>}
      </span>
    </label>
  );
}
