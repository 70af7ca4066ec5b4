import type { SessionSnapshot } from "../../contract/session.ts";
import { formatSpread } from "../format/spread.ts";
import { useNow } from "../parts/use-now.ts";
import { RentCard } from "../rent/RentCard.tsx";
import { cancelSession, useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";
import { expectedTotal } from "./expected.ts";
import { Overall } from "./Overall.tsx";
import { Plan } from "./Plan.tsx";
import { usePast } from "./use-past.ts";

export function Starting({ session }: { session: SessionSnapshot }) {
  const cancelling = useSession(({ pending }) => pending === "cancel");
  const now = useNow();
  const past = usePast();
  // Nobody knows when it ends while nothing moves.
  const known = session.startedAt !== null && session.line?.state !== "gone";
  return (
    <>
      <Overall
        session={session}
        expected={known ? { total: t.session.expected(formatSpread(expectedTotal(session.steps, session.startedAt!, past, now))), basis: past.length > 0 ? t.session.expectedFrom(past.length) : t.session.expectedGuess } : undefined}
        cancel={t.session.cancel}
        cancelling={cancelling}
        onCancel={cancelSession}
      />
      {session.rent !== null && <RentCard rent={session.rent} />}
      <Plan steps={session.steps} />
    </>
  );
}
