import { availableParallelism, release, totalmem } from "node:os";
import type { LogLine } from "../../contract/logs.ts";
import type { AppInfo } from "../../contract/rpc.ts";
import type { SessionSnapshot, SessionTimings } from "../../contract/session.ts";
import type { Settings } from "../../contract/settings.ts";
import type { SupportBundle } from "../../contract/window.ts";
import { createRedaction } from "./redaction.ts";

/** The newest lines that go into a bundle: about what led to the trouble, and small enough to mail. */
const LINES = 2_000;

export interface SupportFacts {
  info: AppInfo;
  settings: Settings;
  session: SessionSnapshot;
  history: readonly SessionTimings[];
  logs: readonly LogLine[];
  now: Date;
}

/**
 * One readable text: what the app is, what it was asked to do, how far it came, and what it logged.
 * Everything goes through the redaction, also what should hold nothing to hide.
 */
export function supportBundle({ info, settings, session, history, logs, now }: SupportFacts, redact = createRedaction()): SupportBundle {
  const shown = logs.slice(-LINES);
  const parts: [title: string, lines: string[]][] = [
    ["App", [`version ${info.version}, ${info.shell}`, `${info.platform} ${release()}, Node ${process.version}`, `${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GiB memory`]],
    ["Settings", [`language ${settings.language}, theme ${settings.theme}, ${settings.hosts.length} saved hosts, last host ${settings.lastHost.kind}`]],
    ["Session", describeSession(session)],
    ["Earlier sessions", history.slice(-10).map(({ host, startedAt, readySeconds }) => `${startedAt}  ${host}  ${readySeconds === null ? "never ready" : `ready after ${readySeconds.toFixed(1)} s`}`)],
    [`Log, the newest ${shown.length} of ${logs.length} lines`, shown.map(({ at, source, level, text }) => `${at} ${level.padEnd(5)} ${source}: ${text}`)],
  ];
  const text = [`AI Mentor support bundle, ${now.toISOString()}`, ...parts.map(([title, lines]) => `\n== ${title} ==\n${lines.join("\n")}`)].join("\n");
  return { fileName: `ai-mentor-support-${now.toISOString().slice(0, 16).replaceAll(":", "-")}.txt`, text: `${redact(text.replaceAll(info.dataFolder, "(data folder)"))}\n` };
}

function describeSession({ phase, host, model, steps, error, startedAt, readyAt, stoppedAt }: SessionSnapshot): string[] {
  return [
    `${phase}, on ${host?.kind ?? "nothing"}, model ${model === null ? "none" : `of ${model.bytes} bytes`}`,
    `started ${startedAt ?? "–"}, ready ${readyAt ?? "–"}, stopped ${stoppedAt ?? "–"}`,
    ...steps.map(({ id, status, startedAt: from, endedAt: to, outcome, error: failure }) => {
      const seconds = from === null || to === null ? "" : ` in ${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
      return `  ${id}: ${status}${seconds}${outcome === null ? "" : ` (${outcome})`}${failure === null ? "" : ` [${failure.code}] ${failure.message}`}`;
    }),
    ...(error === null ? [] : [`error [${error.code}] ${error.message}`, ...(error.causes ?? []).map((cause) => `  because: ${cause}`)]),
  ];
}
