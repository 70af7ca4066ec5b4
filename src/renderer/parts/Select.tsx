import { ChevronDown } from "lucide-react";
import type { SelectHTMLAttributes } from "react";

/** The system's own list, for its keyboard and its reach on small screens, in this window's clothes. */
export function Select({ children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <span className="select">
      <select className="input" {...rest}>{children}</select>
      <ChevronDown size={18} aria-hidden />
    </span>
  );
}
