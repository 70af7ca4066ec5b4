import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Check, Square } from "lucide-react";
import { useState } from "react";
import { Button } from "../parts/Button.tsx";
import { stopSession } from "../stores/session.ts";
import { en } from "../strings/en.ts";

export function StopButton({ host }: { host: string }) {
  const [open, setOpen] = useState(false);
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger className="button plain big">
        <Square size={18} aria-hidden fill="currentColor" />
        {en.session.stop}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{en.session.stopTitle}</AlertDialog.Title>
          <AlertDialog.Description>{en.session.stopText(host)}</AlertDialog.Description>
          <ul className="ticks">
            {en.session.stopKept.map((line) => <li key={line}><Check size={16} aria-hidden />{line}</li>)}
          </ul>
          <div className="row">
            <AlertDialog.Close className="button plain">{en.session.stopBack}</AlertDialog.Close>
            <Button
              look="bad"
              onClick={() => {
                setOpen(false);
                void stopSession();
              }}
            >
              {en.session.stopConfirm}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
