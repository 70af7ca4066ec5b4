import { useId } from "react";
import { choose, useChoices } from "../stores/choices.ts";
import { Button } from "../parts/Button.tsx";
import { en } from "../strings/en.ts";

/** Somebody else's LLM server instead of the model on the stick. Folded away: most people have a stick. */
export function EndpointCard() {
  const endpoint = useChoices((choices) => choices.endpoint);
  const id = useId();
  const words = en.endpoint;
  if (endpoint === null) {
    return (
      <section className="sheet card" aria-labelledby="endpoint-title">
        <h2 id="endpoint-title">{words.title}</h2>
        <p>{words.none}</p>
        <Button look="quiet" size="compact" onClick={() => choose({ endpoint: { url: "", model: "", key: "" } })}>{words.use}</Button>
      </section>
    );
  }
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
