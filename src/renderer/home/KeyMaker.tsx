import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { ErrorReport } from "../../contract/errors.ts";
import type { KeyFile } from "../../contract/rpc.ts";
import { core, reportOf } from "../connection/failure.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { choose } from "../stores/choices.ts";
import { t } from "../strings/language.ts";

/** Makes the app's own key pair and shows the half that belongs on the host. */
export function KeyMaker() {
  const [key, setKey] = useState<KeyFile | null>(null);
  const [making, setMaking] = useState(false);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  const make = async () => {
    setMaking(true);
    setProblem(null);
    try {
      const made = await core().keys.make();
      setKey(made);
      choose({ identity: made.path });
    } catch (thrown) {
      setProblem(reportOf(thrown));
    } finally {
      setMaking(false);
    }
  };
  if (key !== null) {
    return (
      <section className="key-made stack" aria-label={t.host.publicKeyTitle}>
        <output><h3>{t.host.publicKeyTitle}</h3></output>
        <p className="small soft">{t.host.publicKeyText}</p>
        <code className="key-text">{key.publicKey}</code>
        <p className="small soft">{t.host.fingerprint}: <code>{key.fingerprint}</code></p>
        <CopyButton text={key.publicKey} label={t.host.copyKey} />
      </section>
    );
  }
  return (
    <>
      <Button size="compact" onClick={() => !making && make()}>
        <KeyRound size={16} aria-hidden />
        {making ? t.host.making : t.host.makeKey}
      </Button>
      {problem !== null && <ErrorNotice report={problem} />}
    </>
  );
}
