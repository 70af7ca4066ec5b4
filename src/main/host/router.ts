import { implement, ORPCError } from "@orpc/server";
import { toErrorReport } from "../../contract/errors.ts";
import { contract } from "../../contract/rpc.ts";
import type { Core } from "./core.ts";
import { Rehearsals } from "./rehearsals.ts";

export type MentorRouter = ReturnType<typeof createRouter>;

/**
 * Every procedure of the contract, answered by the core. Whatever is thrown below crosses the wire
 * as FAILED with the whole report; a stack never does.
 */
export function createRouter(core: Core) {
  const os = implement(contract);
  const rehearsals = new Rehearsals(core);
  return os.router({
    app: {
      info: os.app.info.handler(() => core.info),
      settings: os.app.settings.handler(reported(() => core.settings.read())),
      saveSettings: os.app.saveSettings.handler(reported(({ input }) => core.settings.write(input))),
    },
    sticks: {
      list: os.sticks.list.handler(reported(() => core.sticks.list())),
      watch: os.sticks.watch.handler(streamed(({ signal }) => core.sticks.watch(signal))),
      inspect: os.sticks.inspect.handler(reported(({ input }) => core.sticks.inspect(input.path, input.remember ?? false))),
      makePractice: os.sticks.makePractice.handler(streamed(({ signal }) => core.sticks.makePractice(signal))),
    },
    keys: {
      list: os.keys.list.handler(reported(() => core.keys.list())),
      make: os.keys.make.handler(reported(() => core.keys.make())),
    },
    secrets: {
      list: os.secrets.list.handler(reported(() => core.endpointKeys.list())),
      set: os.secrets.set.handler(reported(({ input }) => core.endpointKeys.set(input.name, input.value))),
      remove: os.secrets.remove.handler(reported(({ input }) => core.endpointKeys.remove(input.name))),
    },
    session: {
      start: os.session.start.handler(reported(({ input }) => core.start(input))),
      quote: os.session.quote.handler(reported(({ input, signal }) => core.rentals.quote(input, signal))),
      stop: os.session.stop.handler(reported(({ input }) => core.session.stop(input))),
      extend: os.session.extend.handler(reported(({ input, signal }) => core.rentals.extend(input, signal))),
      cancel: os.session.cancel.handler(reported(() => core.session.cancel())),
      retry: os.session.retry.handler(reported(({ input }) => core.session.retry(input))),
      forget: os.session.forget.handler(reported(() => core.forget())),
      current: os.session.current.handler(reported(() => core.session.snapshot())),
      watch: os.session.watch.handler(streamed(({ input, signal }) => core.session.watch(input.lastSeq, signal))),
      history: os.session.history.handler(reported(() => core.session.history())),
      openMilvus: os.session.openMilvus.handler(reported(() => core.openMilvus())),
    },
    receipts: {
      list: os.receipts.list.handler(reported(() => core.receipts())),
    },
    pods: {
      list: os.pods.list.handler(reported(({ signal }) => core.rentals.pods(signal))),
      stop: os.pods.stop.handler(reported(({ input, signal }) => core.rentals.end(input.id, "stop", signal))),
      terminate: os.pods.terminate.handler(reported(({ input, signal }) => core.rentals.end(input.id, "terminate", signal))),
    },
    volumes: {
      list: os.volumes.list.handler(reported(({ signal }) => core.rentals.volumes(signal))),
      create: os.volumes.create.handler(reported(({ input, signal }) => core.rentals.createVolume(input, signal))),
    },
    rehearsal: {
      obstacle: os.rehearsal.obstacle.handler(reported(() => rehearsals.obstacle())),
      run: os.rehearsal.run.handler(streamed(({ input, signal }) => rehearsals.run(input, signal))),
    },
    logs: {
      watch: os.logs.watch.handler(streamed(({ input, signal }) => core.logs.watch(input, signal))),
    },
    chat: {
      ask: os.chat.ask.handler(streamed(async function* ({ input, signal }) {
          yield* (await core.mentor(signal)).ask(input, signal);
        })),
    },
    course: {
      ingest: os.course.ingest.handler(streamed(async function* ({ input, signal }) {
          const mentor = await core.mentor(signal);
          core.ingesting(input.folder);
          yield* mentor.ingestFolder(input.folder, signal);
        })),
      open: os.course.open.handler(reported(({ input }) => core.pages.open(input))),
      documents: os.course.documents.handler(reported(async ({ signal }) => (await core.mentor(signal)).documents())),
    },
    backup: {
      list: os.backup.list.handler(reported(({ input }) => core.backups.list(input))),
      create: os.backup.create.handler(streamed(({ input, signal }) => core.backups.create(input, signal))),
      verify: os.backup.verify.handler(streamed(({ input, signal }) => core.backups.verify(input, signal))),
      restore: os.backup.restore.handler(streamed(({ input, signal }) => core.backups.restore(input, signal))),
      undoRestore: os.backup.undoRestore.handler(streamed(({ signal }) => core.backups.undoRestore(signal))),
      prune: os.backup.prune.handler(reported(({ input }) => core.backups.prune(input))),
      remove: os.backup.remove.handler(reported(({ input }) => core.backups.remove(input.path))),
      passphrase: os.backup.passphrase.handler(reported(() => core.backups.passphrase())),
      keepPassphrase: os.backup.keepPassphrase.handler(reported(({ input }) => core.backups.keepPassphrase(input.passphrase))),
    },
    window: {
      supportBundle: os.window.supportBundle.handler(reported(() => core.supportBundle())),
      conversations: os.window.conversations.handler(reported(() => core.conversations.list())),
      saveConversation: os.window.saveConversation.handler(reported(({ input }) => core.conversations.save(input))),
      removeConversation: os.window.removeConversation.handler(reported(({ input }) => core.conversations.remove(input.id))),
    },
    upload: {
      run: os.upload.run.handler(streamed(({ input, signal }) => core.upload(input, signal))),
    },
  });
}

type Call<Input> = { input: Input; signal: AbortSignal };
type RawCall<Input> = { input: Input; signal?: AbortSignal };

function failed(thrown: unknown): ORPCError<"FAILED", unknown> {
  const report = toErrorReport(thrown);
  return new ORPCError("FAILED", { defined: true, message: report.message, data: report });
}

const NEVER = new AbortController().signal;

function reported<Input, Output>(handle: (call: Call<Input>) => Output | Promise<Output>) {
  return async ({ input, signal = NEVER }: RawCall<Input>): Promise<Output> => {
    try {
      return await handle({ input, signal });
    } catch (thrown) {
      throw failed(thrown);
    }
  };
}

function streamed<Input, Event>(handle: (call: Call<Input>) => AsyncIterable<Event>) {
  return async function* ({ input, signal = NEVER }: RawCall<Input>): AsyncGenerator<Event, void, void> {
    try {
      yield* handle({ input, signal });
    } catch (thrown) {
      if (signal.aborted) return;
      throw failed(thrown);
    }
  };
}
