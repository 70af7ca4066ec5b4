import { Trash2 } from "lucide-react";
import { useEffect } from "react";
import { ENDPOINT_KEY_NAMES } from "./key-names.ts";
import { useConnection } from "../connection/state.ts";
import { Button } from "../parts/Button.tsx";
import { Choice } from "../parts/Choice.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { Screen } from "../parts/Screen.tsx";
import { Switch } from "../parts/Switch.tsx";
import { forgetKey, loadKeys, useKeys } from "../stores/keys.ts";
import { saveSettings, useSettings } from "../stores/settings.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { BackupRules } from "./BackupRules.tsx";
import { Receipts } from "./Receipts.tsx";
import { Storage } from "./Storage.tsx";
import "./settings.css";

const options = <Value extends string>(words: Readonly<Record<Value, string>>) => (Object.entries(words) as [Value, string][]).map(([value, title]) => ({ value, title }));

export default function SettingsScreen() {
  const { settings, problem } = useSettings();
  const keys = useKeys();
  const connected = useConnection(({ status }) => status === "open");
  useEffect(() => {
    if (connected) void loadKeys();
  }, [connected]);
  const words = t.settings;
  const hosts = settings?.hosts ?? [];
  return (
    <Screen title={words.title}>
      {problem !== null && <ErrorNotice report={problem} />}
      <section className="sheet stack" aria-labelledby="theme-title">
        <h2 id="theme-title">{words.theme}</h2>
        <Choice label={words.theme} hideLabel across value={settings?.theme ?? "system"} options={options(words.themes)} onChoose={(theme) => saveSettings({ theme })} />
        <h2 id="language-title" className="group-heading">{words.language}</h2>
        <Choice label={words.language} hideLabel across value={settings?.language ?? "system"} options={options(words.languages)} onChoose={(language) => saveSettings({ language })} />
        <p className="soft small">{words.languageText}</p>
      </section>
      <section className="sheet stack" aria-labelledby="behaviour-title">
        <h2 id="behaviour-title">{words.behaviour}</h2>
        <Switch label={words.notify} text={words.notifyText} checked={settings?.notify ?? true} onChange={(notify) => saveSettings({ notify })} />
        <Switch label={words.keepConversations} text={words.keepConversationsText} checked={settings?.keepConversations ?? true} onChange={(keepConversations) => saveSettings({ keepConversations })} />
      </section>
      <section className="sheet stack" aria-labelledby="keys-title">
        <h2 id="keys-title">{words.keys}</h2>
        <p className="soft">{words.keysText}</p>
        {keys.problem !== null && <ErrorNotice report={keys.problem} />}
        <ul className="saved-hosts">
          {ENDPOINT_KEY_NAMES.map((name) => (
            <li key={name}>
              <span>{words.keyNames[name]}</span>
              <span className="row">
                <span className="soft">{keys.kept?.includes(name) ? words.keyKept : words.keyNone}</span>
                {keys.kept?.includes(name) && <Button look="quiet" size="compact" aria-label={words.keyForget(words.keyNames[name])} onClick={() => forgetKey(name)}>{words.forget}</Button>}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {settings !== null && <BackupRules rules={settings.backup} />}
      <section className="sheet stack" aria-labelledby="hosts-title">
        <h2 id="hosts-title">{words.hosts}</h2>
        {hosts.length === 0 && <p className="soft">{words.noHosts}</p>}
        <ul className="saved-hosts">
          {hosts.map((host) => (
            <li key={host.address}>
              <span><strong>{host.label}</strong><br /><code className="soft">{host.identity}</code></span>
              <Button look="quiet" size="compact" aria-label={words.remove(host.label)} title={words.remove(host.label)} onClick={() => saveSettings({ hosts: hosts.filter((one) => one !== host) })}>
                <Trash2 size={18} aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      </section>
      <Receipts />
      <Storage />
      <Button
        onClick={() => {
          void saveSettings({ welcomed: false });
          showView("home");
        }}
      >
        {words.introduction}
      </Button>
    </Screen>
  );
}
