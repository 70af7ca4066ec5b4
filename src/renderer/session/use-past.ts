import { useEffect, useMemo } from "react";
import type { SessionTimings } from "../../contract/session.ts";
import { loadHistory, useHistory } from "../stores/history.ts";
import { useSession } from "../stores/session.ts";
import { relevant } from "./expected.ts";

/** Earlier sessions on this session's kind of host, without itself; asked for again when its phase changes. */
export function usePast(): readonly SessionTimings[] {
  const id = useSession(({ session }) => session?.id ?? null);
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const host = useSession(({ session }) => session?.host?.kind ?? "local");
  const history = useHistory((state) => state.history);
  useEffect(() => {
    void loadHistory();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- these are what makes history
  }, [id, phase]);
  return useMemo(() => relevant(history, host).filter(({ sessionId }) => sessionId !== id), [history, host, id]);
}
