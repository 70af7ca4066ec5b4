import { LoaderCircle, PlugZap } from "lucide-react";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { useNow } from "../parts/use-now.ts";
import { useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";

/** For how long it is worth saying that a connection is back. Seconds. */
const BACK_SHOWN = 10;

/** On every screen: that the line to the host is gone and being made anew, and that it is back. */
export function HostLine() {
  const line = useSession(({ session }) => session?.line ?? null);
  const host = useSession(({ session }) => session?.host?.label ?? "");
  const now = useNow();
  if (line === null) return null;
  const seconds = Math.floor(secondsBetween(line.since, null, now));
  if (line.state === "back" && seconds >= BACK_SHOWN) return null;
  const [Icon, spoken, shown] = line.state === "gone" ? [LoaderCircle, t.hostLine.gone(host), t.hostLine.goneFor(host, formatDuration(seconds))] : [PlugZap, t.hostLine.back(host), t.hostLine.back(host)];
  return (
    <div className={`connection-line ${line.state}`}>
      <Icon size={18} className={line.state === "gone" ? "turning" : undefined} aria-hidden />
      {/* The seconds are for the eye alone: they would be read out every one. */}
      <span aria-hidden>{shown}</span>
      <output className="hidden-text">{spoken}</output>
    </div>
  );
}
