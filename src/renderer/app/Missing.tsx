import icon from "../../../assets/icons/icon.svg";
import { t } from "../strings/language.ts";

/** Shown instead of a blank page when nobody answers, or the address came without its key. */
export function Missing({ reason }: { reason: "unreachable" | "no-token" }) {
  const { command, ...words } = t.connection;
  const [title, text, steps] =
    reason === "no-token" ? [words.tokenTitle, words.tokenText, words.tokenSteps] : [words.missingTitle, words.missingText, words.missingSteps];
  return (
    <main className="missing">
      <div className="sheet">
        <img src={icon} alt={t.product} width={56} height={56} />
        <h1>{title}</h1>
        <p>{text}</p>
        <ol>
          {steps.map((step, index) => (
            <li key={step}>
              {step} {index === 0 && <code>{command}</code>}
            </li>
          ))}
        </ol>
      </div>
    </main>
  );
}
