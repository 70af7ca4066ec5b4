import { LoaderCircle } from "lucide-react";
import { useConnection } from "../connection/state.ts";
import { t } from "../strings/language.ts";

/** Failed attempts after which waiting alone is no longer the advice; about ten seconds. */
const LONG = 5;

export function ConnectionLine() {
  const status = useConnection((connection) => connection.status);
  const long = useConnection((connection) => connection.failures >= LONG);
  if (status === "open") return null;
  const text = status === "connecting" ? t.connection.connecting : long ? t.connection.lostForLong : t.connection.reconnecting;
  return (
    <output className="connection-line">
      <LoaderCircle size={18} className="turning" aria-hidden />
      <span>{text}</span>
    </output>
  );
}
