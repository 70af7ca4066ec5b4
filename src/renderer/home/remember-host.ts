import type { Choices } from "../stores/choices.ts";
import { saveSettings, useSettings } from "../stores/settings.ts";

/** Offers the host that was just used first at the next start, and the models' mirrors again. Of a host only its address and the key's path are kept. */
export function rememberHost({ host, runpod, address, identity, mirrors: typed }: Choices): void {
  if (host === "local") return void saveSettings({ lastHost: { kind: "local" } });
  const mirrors = Object.fromEntries(Object.entries(typed).flatMap(([file, mirror]) => (mirror.trim() === "" ? [] : [[file, mirror.trim()]])));
  if (host === "runpod") return void saveSettings({ lastHost: { kind: "runpod" }, runpod, mirrors });
  const wanted = { address: address.trim(), identity: identity.trim(), label: address.trim() };
  const others = (useSettings.getState().settings?.hosts ?? []).filter((one) => one.address !== wanted.address);
  void saveSettings({ hosts: [wanted, ...others], lastHost: { kind: "ssh", address: wanted.address }, mirrors });
}
