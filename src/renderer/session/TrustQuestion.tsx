import type { ReactNode } from "react";
import type { ErrorReport } from "../../contract/errors.ts";
import { Button } from "../parts/Button.tsx";
import { retrySession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

/** Both identities under each other, so that a person can compare them with what the provider shows. */
export function TrustQuestion({ details, busy, giveUp }: { details: ErrorReport["details"]; busy: boolean; giveUp: ReactNode }) {
  const known = String(details?.knownFingerprint ?? "");
  const shown = String(details?.fingerprint ?? "");
  return (
    <div className="stack question">
      <dl className="fingerprints">
        <div><dt>{t.help.oldFingerprint}</dt><dd><code>{known}</code></dd></div>
        <div><dt>{t.help.newFingerprint}</dt><dd><code>{shown}</code></dd></div>
      </dl>
      <div className="row">
        {giveUp}
        {shown !== "" && <Button look="bad" blocked={busy} onClick={() => retrySession({ trustFingerprint: shown })}>{t.help.trust}</Button>}
      </div>
    </div>
  );
}
