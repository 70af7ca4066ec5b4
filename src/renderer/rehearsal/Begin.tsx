import { Drama } from "lucide-react";
import { useConnection } from "../connection/state.ts";
import { Button } from "../parts/Button.tsx";
import { rehearse, useRehearsal } from "../stores/rehearsal.ts";
import { t } from "../strings/language.ts";

/** The one big button, with how long it will take or why it cannot. */
export function Begin() {
  const obstacle = useRehearsal((rehearsal) => rehearsal.obstacle);
  const connected = useConnection(({ status }) => status === "open");
  const words = t.rehearsal;
  const blocker = !connected ? t.launch.blocked.connection : obstacle === undefined ? words.looking : obstacle !== null ? words.obstacleTitle : null;
  return (
    <div className="launch">
      <div className="launch-inner">
        <p id="rehearsal-reason" className="launch-reason">
          <strong>{blocker === null ? t.launch.ready : t.launch.notYet}</strong>
          <span className="soft">{blocker ?? words.duration}</span>
        </p>
        <Button look="chalk" size="big" blocked={blocker !== null} aria-describedby="rehearsal-reason" onClick={rehearse}>
          <Drama size={22} aria-hidden />
          {words.begin}
        </Button>
      </div>
    </div>
  );
}
