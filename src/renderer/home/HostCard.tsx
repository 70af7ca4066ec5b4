import { choose, useChoices } from "../stores/choices.ts";
import { useConnection } from "../connection/state.ts";
import { Choice } from "../parts/Choice.tsx";
import { MirrorField } from "./MirrorField.tsx";
import { sentModel } from "./start-blocker.ts";
import { toStartRequest } from "./start-request.ts";
import { t } from "../strings/language.ts";
import { RunpodFields } from "../rent/RunpodFields.tsx";
import { useStick } from "../stores/sticks.ts";
import { SshFields } from "./SshFields.tsx";

export function HostCard() {
  const choices = useChoices();
  const { host: kind, endpoint } = choices;
  const stick = useStick();
  const sent = sentModel(stick, choices);
  const computer = useConnection(({ info }) => info?.computer ?? "");
  return (
    <section className="sheet card" aria-labelledby="host-title">
      <h2 id="host-title">{t.host.title}</h2>
      <Choice
        label={t.host.title}
        hideLabel
        value={kind}
        options={[
          { value: "local", title: t.host.local(computer), text: endpoint === null ? t.host.localText : t.host.localTextWithEndpoint },
          { value: "runpod", title: t.host.runpod, text: t.host.runpodText },
          { value: "ssh", title: t.host.ssh, text: t.host.sshText },
        ]}
        onChoose={(host) => choose({ host })}
      />
      {kind === "runpod" && <RunpodFields request={toStartRequest(stick, choices)} />}
      {kind === "ssh" && <SshFields />}
      {sent !== null && <MirrorField key={sent} file={sent} />}
    </section>
  );
}
