import { Screen } from "../parts/Screen.tsx";
import { isHeld, useRehearsal } from "../stores/rehearsal.ts";
import { t } from "../strings/language.ts";
import { Before } from "./Before.tsx";
import { Begin } from "./Begin.tsx";
import { Held } from "./Held.tsx";
import { Over } from "./Over.tsx";
import "../home/home.css";
import "../session/session.css";
import "./rehearsal.css";

/** The whole job on a pretended rented machine: what it is, how it goes, and what came of it. */
export default function Rehearsal() {
  const state = useRehearsal((rehearsal) => rehearsal.state);
  const words = t.rehearsal;
  return (
    <div className="home">
      <Screen title={words.title} lead={words.lead}>
        {isHeld({ state }) ? <Held /> : state === "none" ? <Before /> : <Over />}
      </Screen>
      {state === "none" && <Begin />}
    </div>
  );
}
