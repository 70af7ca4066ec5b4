import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { ErrorReport } from "../../contract/errors.ts";
import { t } from "../strings/language.ts";
import { FromCore } from "./FromCore.tsx";

const ICONS = { bad: CircleAlert, warn: TriangleAlert, calm: Info };

export function Notice({ look, children, alert = false }: { look: keyof typeof ICONS; children: ReactNode; alert?: boolean }) {
  const Icon = ICONS[look];
  return (
    <div className={`notice ${look}`} role={alert ? "alert" : undefined}>
      <Icon size={20} aria-hidden />
      <div>{children}</div>
    </div>
  );
}

/** An error beside the thing it is about: what happened and what to do. */
export function ErrorNotice({ report, look = "bad", children }: { report: ErrorReport; look?: "bad" | "warn"; children?: ReactNode }) {
  const { title, advice } = t.errors[report.code];
  return (
    <Notice look={look} alert>
      <strong>{title}</strong>
      <FromCore>{report.message}</FromCore>
      {report.advice === undefined ? <span>{advice}</span> : <FromCore>{report.advice}</FromCore>}
      {children}
    </Notice>
  );
}
