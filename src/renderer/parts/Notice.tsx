import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ERRORS, type ErrorReport } from "../../contract/errors.ts";

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
  const { title, advice } = ERRORS[report.code];
  return (
    <Notice look={look} alert>
      <strong>{title}</strong>
      <span>{report.message}</span>
      <span>{report.advice ?? advice}</span>
      {children}
    </Notice>
  );
}
