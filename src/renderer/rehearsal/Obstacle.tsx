import type { ReactNode } from "react";
import type { RehearsalObstacle } from "../../contract/rehearsal.ts";
import { Notice } from "../parts/Notice.tsx";
import { t } from "../strings/language.ts";

/** Why no rehearsal can be held on this computer, and what to do about it. */
export function Obstacle({ obstacle: { reason, ports = [] }, children }: { obstacle: RehearsalObstacle; children: ReactNode }) {
  const words = t.rehearsal;
  const [happened, todo] = reason === "ports" ? [words.portsTaken(ports.join(", "), ports.length), words.portsAdvice] : words.obstacles[reason];
  return (
    <Notice look="warn">
      <strong>{words.obstacleTitle}</strong>
      <span>{happened}</span>
      <span>{todo}</span>
      {children}
    </Notice>
  );
}
