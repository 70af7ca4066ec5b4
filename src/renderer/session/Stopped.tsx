import { Play } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { BesideEarlier } from "./BesideEarlier.tsx";
import { ReceiptSheet } from "./ReceiptSheet.tsx";
import { Waterfall } from "./Waterfall.tsx";

export function Stopped({ session }: { session: SessionSnapshot }) {
  const { receipt, error, steps } = session;
  return (
    <>
      {error !== null && <ErrorNotice report={error} look={error.code === "cancelled" ? "warn" : "bad"} />}
      {receipt !== null && <ReceiptSheet receipt={receipt} />}
      <Button look="chalk" size="big" onClick={() => showView("home")}>
        <Play size={22} aria-hidden fill="currentColor" />
        {t.session.startAgain}
      </Button>
      <Waterfall steps={steps} />
      <BesideEarlier session={session} />
    </>
  );
}
