import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { t } from "../strings/language.ts";
import { Button } from "./Button.tsx";

const SHOWN_FOR = 2000;

/** Copies on click and says so for two seconds. `text` is a function where it is costly to make. */
export function CopyButton({ text, label, short }: { text: string | (() => string); label: string; short?: boolean }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "string" ? text : text());
    setCopied(true);
  };
  return (
    <Button look="quiet" size="compact" onClick={copy} aria-label={short ? label : undefined} title={short ? label : undefined}>
      {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      {copied ? <output>{t.chat.copied}</output> : short ? null : label}
    </Button>
  );
}
