import { useId } from "react";
import { choose, type EndpointChoice } from "../stores/choices.ts";
import { Button } from "../parts/Button.tsx";
import { t } from "../strings/language.ts";

/** Somebody else's LLM server, in the place of the stick. */
export function EndpointCard({ endpoint }: { endpoint: EndpointChoice }) {
  const id = useId();
  const words = t.endpoint;
  const field = (name: keyof typeof endpoint, type: "text" | "password") => (
    <div className="field">
      <label htmlFor={`${id}-${name}`}>{words.fields[name]}</label>
      <input id={`${id}-${name}`} className="input" type={type} value={endpoint[name]} spellCheck={false} autoComplete="off" aria-describedby={`${id}-${name}-hint`} onChange={({ target }) => choose({ endpoint: { ...endpoint, [name]: target.value } })} />
      <span id={`${id}-${name}-hint`} className="hint">{words.hints[name]}</span>
    </div>
  );
  return (
    <section className="sheet card stack" aria-labelledby="endpoint-title">
      <h2 id="endpoint-title">{words.title}</h2>
      <p className="soft">{words.text}</p>
      {field("url", "text")}
      {field("model", "text")}
      {field("key", "password")}
      <Button look="quiet" size="compact" onClick={() => choose({ endpoint: null })}>{words.back}</Button>
    </section>
  );
}
