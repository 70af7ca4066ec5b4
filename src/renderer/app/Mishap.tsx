import { Component, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { t } from "../strings/language.ts";
import { Notice } from "../parts/Notice.tsx";

/** Keeps a screen that fails from taking the window with it: says so, and offers to load it again. */
export class Mishap extends Component<{ children: ReactNode }, { message: string | null }> {
  override state: { message: string | null } = { message: null };

  static getDerivedStateFromError(thrown: unknown) {
    return { message: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return (
      <div className="screen">
        <h1>{t.mishap.title}</h1>
        <Notice look="bad" alert>
          <span>{t.mishap.text}</span>
          <code className="small">{this.state.message}</code>
          <Button onClick={() => location.reload()}>{t.mishap.reload}</Button>
        </Notice>
      </div>
    );
  }
}
