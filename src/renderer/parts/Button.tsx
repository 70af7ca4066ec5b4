import type { ButtonHTMLAttributes, ReactNode } from "react";

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  look?: "plain" | "primary" | "chalk" | "quiet" | "bad";
  size?: "compact" | "normal" | "big";
  /** Not now. It stays reachable by keyboard; say why beside it and point `aria-describedby` there. */
  blocked?: boolean;
  children: ReactNode;
}

export function Button({ look = "plain", size = "normal", blocked = false, onClick, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button ${look} ${size}`}
      aria-disabled={blocked || undefined}
      onClick={(event) => {
        if (blocked) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {children}
    </button>
  );
}
