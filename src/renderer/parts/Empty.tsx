import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** A screen or list with nothing in it yet: what will be here, and how to get there. */
export function Empty({ icon: Icon, title, text, children }: { icon: LucideIcon; title: string; text: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon size={36} strokeWidth={1.5} aria-hidden />
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}
