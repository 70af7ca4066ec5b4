import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useState } from "react";
import type { ErrorReport } from "../../contract/errors.ts";
import type { SupportBundle as Bundle } from "../../contract/window.ts";
import { core, reportOf } from "../connection/failure.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { saveText } from "../parts/save-text.ts";
import { t } from "../strings/language.ts";

/** What can be handed to whoever helps: shown whole before it is saved, because it is the person's to give. */
export function SupportBundle({ onClose }: { onClose(): void }) {
  const [bundle, setBundle] = useState<Bundle | null>(null);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  useEffect(() => {
    Promise.resolve().then(() => core().window.supportBundle()).then(setBundle, (thrown) => setProblem(reportOf(thrown)));
  }, []);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="dialog wide">
          <Dialog.Title className="dialog-title">{t.logs.bundleTitle}</Dialog.Title>
          <Dialog.Description>{t.logs.bundleText}</Dialog.Description>
          {problem !== null && <ErrorNotice report={problem} />}
          {bundle === null && problem === null && <output className="soft">{t.logs.bundleMaking}</output>}
          {bundle !== null && (
            <section aria-label={t.logs.bundlePreview}>
              {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the focus */}
              <pre className="bundle" tabIndex={0} lang="en">{bundle.text}</pre>
            </section>
          )}
          <div className="row">
            <Dialog.Close className="button plain">{t.logs.bundleCancel}</Dialog.Close>
            {bundle !== null && (
              <>
                <CopyButton text={bundle.text} label={t.logs.copy} />
                <Button look="primary" onClick={() => saveText(bundle.fileName, bundle.text)}>{t.logs.bundleSave}</Button>
              </>
            )}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
