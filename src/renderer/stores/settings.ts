import { create } from "zustand";
import type { ErrorReport } from "../../contract/errors.ts";
import type { Settings } from "../../contract/settings.ts";
import { core, reportOf } from "../connection/failure.ts";
import { showLanguage } from "../strings/language.ts";
import { choose } from "./choices.ts";

interface SettingsStore {
  settings: Settings | null;
  problem: ErrorReport | null;
}

export const useSettings = create<SettingsStore>(() => ({ settings: null, problem: null }));

export function receiveSettings(settings: Settings): void {
  const first = useSettings.getState().settings === null;
  useSettings.setState({ settings });
  applyTheme(settings.theme);
  void showLanguage(settings.language);
  if (!first) return;
  choose({ mirrors: settings.mirrors });
  offerLastHost(settings);
}

export async function saveSettings(changes: Partial<Settings>): Promise<void> {
  const { settings } = useSettings.getState();
  if (settings === null) return;
  const changed = { ...settings, ...changes };
  useSettings.setState({ settings: changed, problem: null });
  applyTheme(changed.theme);
  await showLanguage(changed.language);
  await (saving = saving.then(() => save(changes)));
}

/** One after the other: each reads what is kept, and two at once would take back each other's changes. */
let saving: Promise<void> = Promise.resolve();

async function save(changes: Partial<Settings>): Promise<void> {
  try {
    // The core keeps settings of its own beside (folders it has read): only ours are changed.
    const current = await core().app.settings();
    useSettings.setState({ settings: await core().app.saveSettings({ ...current, ...changes }) });
  } catch (thrown) {
    useSettings.setState({ problem: reportOf(thrown) });
  }
}

function applyTheme(theme: Settings["theme"]): void {
  document.documentElement.dataset.theme = theme;
}

function offerLastHost({ lastHost, hosts, runpod }: Settings): void {
  if (lastHost.kind === "runpod") return choose({ host: "runpod", runpod });
  if (lastHost.kind !== "ssh") return;
  const saved = hosts.find(({ address }) => address === lastHost.address);
  choose({ host: "ssh", address: lastHost.address, identity: saved?.identity ?? "" });
}
