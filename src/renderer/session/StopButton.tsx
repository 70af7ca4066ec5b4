import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Check, Square } from "lucide-react";
import { useState } from "react";
import { backsUpAtStop } from "../../contract/backup-at-stop.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatMoney } from "../format/amounts.ts";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { Notice } from "../parts/Notice.tsx";
import { usd } from "../rent/money.ts";
import { stopSession } from "../stores/session.ts";
import { useSettings } from "../stores/settings.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";

/** Stops the session, after saying what is saved and kept; of a rented disk of its own the person says what becomes of it. */
export function StopButton({ session: { host, rent } }: { session: SessionSnapshot }) {
  const atStop = useSettings(({ settings }) => settings?.backup.atStop ?? "away");
  const [open, setOpen] = useState(false);
  const [disk, setDisk] = useState<DiskEnd>("keep");
  const [agreed, setAgreed] = useState(false);
  const ownDisk = rent?.disk?.kind === "own" ? rent.disk : null;
  const away = host !== null && host.kind !== "local";
  const backsUp = backsUpAtStop({ atStop }, host?.kind ?? "local");
  const loses = ownDisk !== null && disk === "delete" && rent!.unsavedRows && !backsUp;
  const label = host?.label ?? "";
  const stop = () => {
    setOpen(false);
    void stopSession(ownDisk === null ? undefined : { disk, ...(loses ? { evenUnsaved: agreed } : {}) });
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger className="button plain big">
        <Square size={18} aria-hidden fill="currentColor" />
        {t.session.stop}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{t.session.stopTitle}</AlertDialog.Title>
          <AlertDialog.Description>{rent === null ? t.session.stopText(label) : t.session.stopTextRented(label)}</AlertDialog.Description>
          {ownDisk === null ? (
            <ul className="ticks">
              {(rent?.disk?.kind === "network" ? t.session.stopKeptVolume : t.session.stopKept).map((line) => <li key={line}><Check size={16} aria-hidden />{line}</li>)}
            </ul>
          ) : (
            <Choice
              label={t.session.stopDisk}
              value={disk}
              options={[
                { value: "keep", title: t.session.stopKeep, text: t.session.stopKeepText(t.amounts.perDay(formatMoney(usd(ownDisk.microUsdPerDay)))) },
                { value: "delete", title: t.session.stopDelete, text: t.session.stopDeleteText },
              ]}
              onChoose={(chosen: string) => setDisk(chosen as DiskEnd)}
            />
          )}
          {backsUp && <Notice look="calm"><span><strong>{t.session.stopBacksUp}</strong> {t.session.stopBacksUpFails}{rent !== null && ` ${t.session.stopBacksUpCosts}`}</span></Notice>}
          {away && atStop === "never" && !loses && <Notice look="calm">{t.session.stopNoBackup}</Notice>}
          {loses && (
            <Notice look="warn" alert>
              <span>{t.session.stopUnsaved}</span>
              <label className="check-row"><input type="checkbox" className="checkbox" checked={agreed} onChange={({ target }) => setAgreed(target.checked)} />{t.session.stopUnsavedAgree}</label>
              <Button size="compact" onClick={() => showView("backups")}>{t.session.stopBackup}</Button>
            </Notice>
          )}
          <div className="row">
            <AlertDialog.Close className="button plain">{t.session.stopBack}</AlertDialog.Close>
            <Button look="bad" blocked={loses && !agreed} onClick={stop}>{t.session.stopConfirm}</Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
