import type { Choices } from "../stores/choices.ts";
import { saveSettings, useSettings } from "../stores/settings.ts";

/** Offers the host that was just used first at the next start. Only its address and the key's path are kept. */
export function rememberHost({ host, runpod, address, identity }: Choices): void {
  if (host === "local") return void saveSettings({ lastHost: { kind: "local" } });
  if (host === "runpod") return void saveSettings({ lastHost: { kind: "runpod" }, runpod });
  const wanted = { address: address.trim(), identity: identity.trim(), label: address.trim() };
  const others = (useSettings.getState().settings?.hosts ?? []).filter((one) => one.address !== wanted.address);
  void saveSettings({ hosts: [wanted, ...others], lastHost: { kind: "ssh", address: wanted.address } });
}
