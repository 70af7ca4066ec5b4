import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../adapters/local-files/folders.ts";
import { systemClock } from "../../adapters/local/clock.ts";
import { LocalHost } from "../../adapters/local/host.ts";
import { FileJournal } from "../../adapters/local/journal.ts";
import { reach as tryToReach } from "../../adapters/local/reach.ts";
import { fileSecrets, openSecrets } from "../../adapters/local/secrets.ts";
import type { MentorApi } from "../../adapters/mentor/api.ts";
import type { Network } from "../../adapters/rehearsal/network.ts";
import { Runpod } from "../../adapters/runpod/provider.ts";
import { SshConnector } from "../../adapters/ssh/connector.ts";
import { listKeys, makeKey } from "../../adapters/ssh/keys.ts";
import { systemDrives } from "../../adapters/usb/drives.ts";
import { parseEndpointUrl } from "../../contract/endpoint-url.ts";
import { MentorError, toErrorReport } from "../../contract/errors.ts";
import { parseMilvusImage } from "../../contract/milvus-image.ts";
import { parseMilvusUrl } from "../../contract/milvus-url.ts";
import type { LogLine } from "../../contract/logs.ts";
import type { AppInfo, KeyFile, UploadEvent } from "../../contract/rpc.ts";
import type { ModelEndpoint, Receipt, SessionSnapshot, SessionTimings, StartRequest } from "../../contract/session.ts";
import type { UploadRequest, UploadResult } from "../../contract/upload.ts";
import type { SupportBundle } from "../../contract/window.ts";
import type { Clock, Drives, LogSink, Provider, Secrets } from "../../core/ports.ts";
import { keepRent } from "../../core/rent/keeper.ts";
import { SessionLogs } from "../../core/session/logs.ts";
import { PLAN } from "../../core/session/plan.ts";
import { createSession } from "../../core/session/create.ts";
import type { Session } from "../../core/session/session.ts";
import { firstLanes } from "../../core/upload/lane-policy.ts";
import { parseMirrorUrl } from "../../core/upload/mirror-url.ts";
import { uploadFile } from "../../core/upload/upload.ts";
import { BackupPassphrase } from "./backups/passphrase.ts";
import { SessionBackups } from "./backups/session-backups.ts";
import { ConversationStore } from "./conversation-store.ts";
import { CourseFolders } from "./course-folders.ts";
import { CoursePages } from "./course-pages.ts";
import { EndpointKeys } from "./endpoint-keys.ts";
import { keptSession } from "./kept-session.ts";
import { latest } from "./latest.ts";
import { Rentals } from "./rentals.ts";
import { sessionKeyName } from "./session-key.ts";
import { SessionFolders } from "./session-folders.ts";
import { SettingsStore } from "./settings-store.ts";
import { createSteps } from "./steps/index.ts";
import { openEndpoint } from "./steps/open-tunnels.ts";
import { Sticks } from "./sticks.ts";
import { supportBundle } from "./support-bundle.ts";
import { version } from "./version.ts";
import "./steps/facts.ts";

export interface CoreOptions {
  dataFolder: string;
  shell: AppInfo["shell"];
  secrets?: Secrets;
  /** Default: what this computer's system says is plugged in. */
  drives?: Drives;
  clock?: Clock;
  /** The account behind a key; default: Runpod's own API. */
  provider?: ProviderOf;
  /** For rehearsals: what stands between this computer and others. */
  over?(network: Network): Network;
}

export type ProviderOf = (key: string) => Provider;

/** The product in one process: everything that the router offers, and nothing of any window. */
export interface Core {
  info: AppInfo;
  settings: SettingsStore;
  sticks: Sticks;
  keys: { list(): Promise<KeyFile[]>; make(): Promise<KeyFile> };
  /** Keys of foreign endpoints. */
  endpointKeys: EndpointKeys;
  session: Session;
  /** Starts the session, once its addresses have proved usable: they are written down from then on. */
  start(request: StartRequest): Promise<SessionSnapshot>;
  log: LogSink;
  logs: { watch(filter: { source?: string; lastSeq?: number; follow?: boolean }, signal: AbortSignal): AsyncIterable<LogLine[]> };
  /** The mentor of the running session; waits for one that is being found again after a crash. Throws `session-missing`. */
  mentor(signal: AbortSignal): Promise<MentorApi>;
  /** Lets a session go whose host is gone for good, and its key with it. */
  forget(): Promise<SessionSnapshot>;
  openMilvus(): Promise<{ url: string; moved: boolean }>;
  /** Rented machines, asked about outside a session's own steps. */
  rentals: Rentals;
  /** Of all sessions that ended, newest first. */
  receipts(): Promise<Receipt[]>;
  backups: SessionBackups;
  /** A folder is about to be read into the course: its documents can be shown from now on. */
  ingesting(folder: string): void;
  /** Shows documents of the course. */
  pages: CoursePages;
  conversations: ConversationStore;
  /** What a person may hand to whoever helps. */
  supportBundle(): Promise<SupportBundle>;
  upload(request: UploadRequest, signal: AbortSignal): AsyncGenerator<UploadEvent>;
  busy(): boolean;
  close(): Promise<void>;
}

const NEVER = new AbortController().signal;

export async function createCore({ dataFolder, shell, secrets = openSecrets(fileSecrets(dataFolder)), clock = systemClock, drives = systemDrives({ clock: systemClock }), provider = runpodAccount(clock), over = (network) => network }: CoreOptions): Promise<Core> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const cache = cacheFolder();
  const settings = new SettingsStore(dataFolder);
  const logs = new SessionLogs({ clock });
  const { ssh, reach } = over({ ssh: new SshConnector(join(dataFolder, "known_hosts.json"), clock), reach: tryToReach });
  const keyFolder = join(dataFolder, "keys");
  const passphrases = new BackupPassphrase(secrets);
  let uploads = 0;

  const endpointKeys = new EndpointKeys(secrets);
  const appKey = async () => (await listKeys(keyFolder))[0] ?? (await makeKey(keyFolder));
  const account = async () => {
    const key = await endpointKeys.runpod();
    if (key === null) throw new MentorError("provider-key-missing", "No API key of a Runpod account is kept on this computer.");
    logs.redact(key);
    return provider(key);
  };
  const journals = new SessionFolders(dataFolder);
  const session = createSession({
    plan: PLAN,
    steps: createSteps({ dataFolder, cacheFolder: cache, clock, secrets, settings, passphrases, log: logs.sink, redact: logs.redact, connectors: { ssh, local: { connect: async () => new LocalHost() } }, account, appKey, reach }),
    journals,
    history: new FileJournal<SessionTimings>(join(dataFolder, "history.jsonl")),
    clock,
    log: logs.sink,
    redact: logs.redact,
    newId: randomUUID,
  });

  const keeping = new AbortController();
  void keepRent({ session: keptSession(session), clock, log: (level, text) => logs.sink("app", level, text) }, keeping.signal);
  const info: AppInfo = { version, shell, platform: process.platform, computer: hostname(), dataFolder };
  const sticks = new Sticks({ drives, settings, dataFolder, cacheFolder: cache });
  const courses = new CourseFolders(settings);
  const keepCourseFolder = (folder: string) => void courses.keep(folder).catch((error: unknown) => logs.sink("app", "warn", `The course folder could not be remembered: ${toErrorReport(error).message}`));

  const running = () => {
    const facts = session.facts();
    if (facts === null || session.snapshot().phase !== "ready") throw new MentorError("session-missing", "No session is ready.", { advice: "Start a session, and wait until it is ready." });
    return facts;
  };

  const backups = new SessionBackups({ settings, dataFolder, clock, passphrases, running, stick: () => session.snapshot().stick });

  return {
    info,
    settings,
    sticks,
    keys: { list: () => listKeys(keyFolder), make: appKey },
    endpointKeys,
    session,
    start: async (request) => {
      const started = await session.start(withEndpoints(request));
      if (request.course !== undefined) keepCourseFolder(request.course);
      return started;
    },
    log: logs.sink,
    logs,
    mentor: async (signal) => {
      await adopted(session, signal);
      return running().requireHandle("mentor");
    },
    forget: async () => {
      const { id } = session.snapshot();
      const forgotten = await session.forget();
      if (id !== null) await secrets.delete(sessionKeyName(id));
      return forgotten;
    },
    rentals: new Rentals({ session, clock, account, isKnown: async (id) => (await journals.list()).includes(id) }),
    receipts: async () => (await Promise.all((await journals.list()).map(async (id) => (await journals.of(id).read()).findLast((entry) => entry.type === "stopped")?.receipt))).filter((receipt) => receipt !== undefined),
    openMilvus: async () => {
      const facts = running();
      const url = facts.get("milvus")?.url;
      return url === undefined ? openEndpoint(facts, "milvus") : { url, moved: false };
    },
    backups,
    async *upload({ file, to, mirror: address, ...choice }, signal) {
      const mirror = address === undefined ? undefined : { url: parseMirrorUrl(address) };
      const host = await ssh.connect({ kind: "ssh", ...choice }, signal, { lanes: firstLanes });
      let result: UploadResult | undefined;
      uploads++;
      try {
        yield* latest<UploadEvent>(async (push) => {
          result = await uploadFile({ host, source: file, destination: to, into: "folder", mirror, clock, signal, onProgress: (progress) => push({ type: "progress", progress }) });
        }, signal);
        if (result !== undefined) yield { type: "done", result };
      } finally {
        uploads--;
        await host.close();
      }
    },
    ingesting: keepCourseFolder,
    pages: new CoursePages(async () => {
      const onSticks = (await sticks.list()).flatMap(({ path, course }) => (course === null ? [] : [join(path, course.folder)]));
      return [session.facts()?.get("courseFolder") ?? null, ...(await courses.list()), ...onSticks].filter((folder) => folder !== null);
    }),
    conversations: new ConversationStore(dataFolder),
    supportBundle: async () => {
      const lines: LogLine[] = [];
      for await (const batch of logs.watch({ follow: false }, NEVER)) lines.push(...batch);
      return supportBundle({ info, settings: await settings.read(), session: session.snapshot(), history: await session.history(), logs: lines, now: new Date(clock.now()) });
    },
    busy: () => session.busy() || uploads > 0 || backups.busy,
    close: () => {
      keeping.abort();
      return session.close();
    },
  };
}

/** Runpod's own API, or a rehearsal of it on this computer where the environment names one. */
function runpodAccount(clock: Clock): ProviderOf {
  const url = process.env.AI_MENTOR_RUNPOD_URL;
  if (url !== undefined && !/^(https:\/\/|http:\/\/127\.0\.0\.1(:\d+)?(\/|$))/.test(url)) throw new MentorError("input-invalid", `AI_MENTOR_RUNPOD_URL is ${url}: an account's key goes to https addresses only, and to this computer.`);
  return (key) => new Runpod({ key: async () => key, clock, ...(url === undefined ? {} : { url }) });
}

/** Throws `endpoint-address-invalid`, and `input-invalid` for an image of Milvus that is none. */
function withEndpoints({ chatEndpoint, embeddingEndpoint, milvusUrl, ...request }: StartRequest): StartRequest {
  if (request.milvusImage !== undefined) parseMilvusImage(request.milvusImage);
  const checked = (endpoint: ModelEndpoint): ModelEndpoint => ({ ...endpoint, url: parseEndpointUrl(endpoint.url, request) });
  return {
    ...request,
    ...(chatEndpoint === undefined ? {} : { chatEndpoint: checked(chatEndpoint) }),
    ...(embeddingEndpoint === undefined ? {} : { embeddingEndpoint: checked(embeddingEndpoint) }),
    ...(milvusUrl === undefined ? {} : { milvusUrl: parseMilvusUrl(milvusUrl, request) }),
  };
}

/** A session that was ready before is ready again in seconds: whoever asks meanwhile waits instead of failing. */
async function adopted(session: Session, signal: AbortSignal): Promise<void> {
  const pending = () => session.snapshot().phase === "starting" && session.snapshot().readyAt !== null;
  if (!pending()) return;
  const enough = new AbortController();
  for await (const event of session.watch(undefined, AbortSignal.any([signal, enough.signal]))) {
    if (event.type !== "step" && !pending()) enough.abort();
  }
}
