import { useEffect, useId, useState } from "react";
import type { KeyFile } from "../../contract/rpc.ts";
import { core } from "../connection/failure.ts";
import { Select } from "../parts/Select.tsx";
import { choose, useChoices } from "../stores/choices.ts";
import { useSettings } from "../stores/settings.ts";
import { t } from "../strings/language.ts";
import { KeyMaker } from "./KeyMaker.tsx";

/** The address and the key of a host over SSH; hosts used before are one choice away. */
export function SshFields() {
  const { address, identity } = useChoices();
  const hosts = useSettings(({ settings }) => settings?.hosts ?? null) ?? [];
  const [keys, setKeys] = useState<KeyFile[]>([]);
  const id = useId();
  useEffect(() => {
    let shown = true;
    // The list only saves typing; without it the path is typed.
    Promise.resolve().then(() => core().keys.list()).then((found) => shown && setKeys(found), () => undefined);
    return () => void (shown = false);
  }, []);
  return (
    <div className="stack ssh">
      {hosts.length > 0 && (
        <div className="field">
          <label htmlFor={`${id}-saved`}>{t.host.saved}</label>
          <Select
            id={`${id}-saved`}
            value={hosts.some((host) => host.address === address) ? address : ""}
            onChange={({ target }) => {
              const host = hosts.find((one) => one.address === target.value);
              choose({ address: host?.address ?? "", identity: host?.identity ?? "" });
            }}
          >
            <option value="">{t.host.newHost}</option>
            {hosts.map((host) => <option key={host.address} value={host.address}>{host.label}</option>)}
          </Select>
        </div>
      )}
      <div className="field">
        <label htmlFor={`${id}-address`}>{t.host.address}</label>
        <input id={`${id}-address`} className="input" value={address} spellCheck={false} autoComplete="off" aria-describedby={`${id}-address-hint`} onChange={({ target }) => choose({ address: target.value })} />
        <span id={`${id}-address-hint`} className="hint">{t.host.addressHint}</span>
      </div>
      <div className="field">
        <label htmlFor={`${id}-key`}>{t.host.identity}</label>
        <input id={`${id}-key`} className="input" value={identity} spellCheck={false} autoComplete="off" list={`${id}-keys`} aria-describedby={`${id}-key-hint`} onChange={({ target }) => choose({ identity: target.value })} />
        <datalist id={`${id}-keys`}>
          {keys.map(({ path }) => <option key={path} value={path}>{path}</option>)}
        </datalist>
        <span id={`${id}-key-hint`} className="hint">{t.host.identityHint}</span>
      </div>
      <KeyMaker />
    </div>
  );
}
