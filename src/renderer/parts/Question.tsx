import { AlertDialog } from "@base-ui/react/alert-dialog";
import type { ReactNode } from "react";

/** A question that must be answered before anything else. Escape and the last button leave things as they are. */
export function Question({ title, text, open, onClose, back, children, answer }: { title: string; text: ReactNode; open: boolean; onClose(): void; back: string; children?: ReactNode; answer: ReactNode }) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />}>{text}</AlertDialog.Description>
          {children}
          <div className="row">
            <AlertDialog.Close className="button plain">{back}</AlertDialog.Close>
            {answer}
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
