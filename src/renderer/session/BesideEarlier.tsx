import { lazy, Suspense, useMemo } from "react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { secondsBetween } from "../format/durations.ts";
import { t } from "../strings/language.ts";
import { usePast } from "./use-past.ts";

/** Charts come with their own library, so they are loaded only where there is something to compare. */
const Comparison = lazy(() => import("./Comparison.tsx"));

export function BesideEarlier({ session: { startedAt, readyAt } }: { session: SessionSnapshot }) {
  const past = usePast();
  const earlier = useMemo(() => past.map((one) => ({ startedAt: one.startedAt, seconds: one.readySeconds ?? 0 })), [past]);
  const current = useMemo(() => (startedAt === null || readyAt === null ? null : { startedAt, seconds: secondsBetween(startedAt, readyAt, 0) }), [startedAt, readyAt]);
  if (current === null) return null;
  if (past.length === 0) return <p className="soft small">{t.session.compareNone}</p>;
  return (
    <Suspense fallback={null}>
      <Comparison earlier={earlier} current={current} />
    </Suspense>
  );
}
