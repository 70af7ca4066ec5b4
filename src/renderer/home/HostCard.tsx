import { choose, useChoices } from "../stores/choices.ts";
import { useConnection } from "../connection/state.ts";
import { Choice } from "../parts/Choice.tsx";
import { en } from "../strings/en.ts";
import { SshFields } from "./SshFields.tsx";

export function HostCard() {
  const kind = useChoices((choices) => choices.host);
  const endpoint = useChoices((choices) => choices.endpoint);
  const computer = useConnection(({ info }) => info?.computer ?? "");
  return (
    <section className="sheet card" aria-labelledby="host-title">
      <h2 id="host-title">{en.host.title}</h2>
      <Choice
        label={en.host.title}
        hideLabel
        value={kind}
        options={[
          { value: "local", title: en.host.local(computer), text: endpoint === null ? en.host.localText : en.host.localTextWithEndpoint },
          { value: "ssh", title: en.host.ssh, text: en.host.sshText },
        ]}
        onChoose={(host) => choose({ host })}
      />
      {kind === "ssh" && <SshFields />}
    </section>
  );
}
