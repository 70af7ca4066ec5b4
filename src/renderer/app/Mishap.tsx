import { Component, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { en } from "../strings/en.ts";
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
        <h1>{en.mishap.title}</h1>
        <Notice look="bad" alert>
          <span>{en.mishap.text}</span>
          <code className="small">{this.state.message}</code>
          <Button onClick={() => location.reload()}>{en.mishap.reload}</Button>
        </Notice>
      </div>
    );
  }
}
