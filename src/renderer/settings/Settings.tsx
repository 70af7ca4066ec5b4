import { Trash2 } from "lucide-react";
import type { Settings } from "../../contract/settings.ts";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { Screen } from "../parts/Screen.tsx";
import { useConnection } from "../connection/state.ts";
import { saveSettings, useSettings } from "../stores/settings.ts";
import { en } from "../strings/en.ts";
import "./settings.css";

const THEMES = Object.entries(en.settings.themes).map(([value, title]) => ({ value: value as Settings["theme"], title }));

export default function SettingsScreen() {
  const { settings, problem } = useSettings();
  const info = useConnection((connection) => connection.info);
  const hosts = settings?.hosts ?? [];
  return (
    <Screen title={en.settings.title}>
      {problem !== null && <ErrorNotice report={problem} />}
      <section className="sheet stack" aria-labelledby="theme-title">
        <h2 id="theme-title">{en.settings.theme}</h2>
        <Choice label={en.settings.theme} hideLabel across value={settings?.theme ?? "system"} options={THEMES} onChoose={(theme) => saveSettings({ theme })} />
      </section>
      <section className="sheet stack" aria-labelledby="hosts-title">
        <h2 id="hosts-title">{en.settings.hosts}</h2>
        {hosts.length === 0 && <p className="soft">{en.settings.noHosts}</p>}
        <ul className="saved-hosts">
          {hosts.map((host) => (
            <li key={host.address}>
              <span><strong>{host.label}</strong><br /><code className="soft">{host.identity}</code></span>
              <Button look="quiet" size="compact" aria-label={en.settings.remove(host.label)} title={en.settings.remove(host.label)} onClick={() => saveSettings({ hosts: hosts.filter((one) => one !== host) })}>
                <Trash2 size={18} aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      </section>
      {info !== null && (
        <section className="sheet stack" aria-labelledby="storage-title">
          <h2 id="storage-title">{en.settings.storage}</h2>
          <dl className="storage">
            <div><dt>{en.settings.dataFolder}</dt><dd><code>{info.dataFolder}</code><br /><span className="soft small">{en.settings.storageText}</span></dd></div>
            <div><dt>{en.settings.version}</dt><dd>{info.version} ({en.settings.shells[info.shell]})</dd></div>
          </dl>
        </section>
      )}
    </Screen>
  );
}
