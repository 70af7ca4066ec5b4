import { useEffect, useRef, type ReactNode } from "react";
import "./screen.css";

let firstScreen = true;

/** One screen: its heading takes the focus when it is shown, so that a keyboard or a screen reader starts there. */
export function Screen({ title, lead, actions, wide = false, children }: { title: string; lead?: string; actions?: ReactNode; wide?: boolean; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!firstScreen) heading.current?.focus();
    firstScreen = false;
  }, []);
  return (
    <div className={wide ? "screen wide" : "screen"}>
      <header className="screen-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {lead !== undefined && <p className="soft">{lead}</p>}
        </div>
        {actions !== undefined && <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
