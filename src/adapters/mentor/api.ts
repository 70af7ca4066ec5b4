import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { ChatEvent, ChatRequest, CourseDocument, IngestEvent, SelfCheckResult, ServiceHealth } from "../../contract/chat.ts";
import { fromErrorReport, MentorError } from "../../contract/errors.ts";
import { COURSE_FILE_MAX_BYTES, type FileReceipt, type IngestLine, type IngestManifest, type IngestNeeds, type IngestRequest } from "../../contract/ingest.ts";
import { checkedQuestion } from "../../contract/question.ts";
import { askOver } from "./chat-socket.ts";
import { hashOf, requireCourseFolder, type LocalCourseFile } from "./course-folder.ts";
import { call, lost, type MentorAddress } from "./http.ts";
import { json, lines } from "./json.ts";

type SendableFile = LocalCourseFile & { sha256: string };

/** The mentor's API as the desktop calls it, through a tunnel or on this computer. */
export class MentorApi {
  readonly #address: MentorAddress;

  constructor(address: MentorAddress) {
    this.#address = address;
  }

  /**
   * The answer as it is made; the last event is `complete`. Ending the iteration or aborting ends
   * the model's work.
   *
   * @throws MentorError question-empty and question-too-long before anything is sent; search-failed, answer-failed, host-lost, cancelled
   */
  ask(request: ChatRequest, signal: AbortSignal = NEVER): AsyncIterable<ChatEvent> {
    return askOver(this.#address, { ...request, message: checkedQuestion(request.message) }, signal);
  }

  /**
   * Sends what is new or changed in a folder, and has it read. A repeated call goes on where the
   * last one was cut. The last event is `complete`.
   *
   * @throws MentorError course-missing and course-empty before anything is sent; course-unreadable, course-other-model, ingest-failed, upload-corrupt, disk-full, host-lost, cancelled
   */
  async *ingestFolder(folder: string, signal: AbortSignal = NEVER, overwrite = false): AsyncGenerator<IngestEvent> {
    const files: SendableFile[] = [];
    const leftOut: { file: string; message: string }[] = [];
    for (const local of await requireCourseFolder(folder)) {
      if (local.bytes > COURSE_FILE_MAX_BYTES) {
        leftOut.push({ file: local.file, message: `The file is larger than ${COURSE_FILE_MAX_BYTES / 1024 / 1024} MB.` });
        continue;
      }
      try {
        files.push({ ...local, sha256: await hashOf(local.path, signal) });
      } catch (error) {
        if (signal.aborted) throw lost(error, signal);
        leftOut.push({ file: local.file, message: "The file cannot be opened on this computer." });
      }
    }
    for (const failure of leftOut) yield { type: "file-failed", ...failure };
    if (files.length === 0) throw new MentorError("course-unreadable", `None of the ${leftOut.length} course files in ${folder} can be opened on this computer.`);

    yield* this.#send(files, overwrite, signal);
    const request: IngestRequest = { files: files.map(({ file, sha256 }) => ({ file, sha256 })), overwrite };
    for await (const event of this.#ingest(request, signal)) {
      yield event.type === "complete" ? { ...event, failed: [...leftOut, ...event.failed] } : event;
    }
  }

  /** The documents of the course, sorted by name. @throws MentorError search-failed, course-other-model, host-lost */
  async documents(signal: AbortSignal = NEVER): Promise<CourseDocument[]> {
    const answer = await call(this.#address, "GET", "/api/sources", { signal });
    return ((await answer.json()) as { sources: CourseDocument[] }).sources;
  }

  /** @throws MentorError host-lost */
  async health(signal: AbortSignal = NEVER): Promise<ServiceHealth> {
    return (await (await call(this.#address, "GET", "/api/health", { signal })).json()) as ServiceHealth;
  }

  /** Whether a known question about a known page is answered from it. @throws MentorError host-lost, cancelled */
  async selfCheck(signal: AbortSignal = NEVER): Promise<SelfCheckResult> {
    return (await (await call(this.#address, "POST", "/api/self-check", { signal })).json()) as SelfCheckResult;
  }

  async *#send(files: readonly SendableFile[], overwrite: boolean, signal: AbortSignal): AsyncGenerator<IngestEvent> {
    const manifest: IngestManifest = { files: files.map(({ file, sha256, bytes }) => ({ file, sha256, bytes })), overwrite };
    const answer = await call(this.#address, "POST", "/api/ingest/manifest", { ...json(manifest), signal });
    const { needed } = (await answer.json()) as IngestNeeds;
    const bySha256 = new Map(files.map((file) => [file.sha256, file]));
    const of = needed.reduce((sum, { sha256, have }) => sum + bySha256.get(sha256)!.bytes - have, 0);
    let bytes = 0;
    for (const { sha256, have } of needed) {
      const file = bySha256.get(sha256)!;
      yield { type: "sending", file: file.file, bytes, of };
      await this.#sendFile(file, have, signal);
      bytes += file.bytes - have;
    }
  }

  async #sendFile({ path, file, sha256, bytes }: SendableFile, offset: number, signal: AbortSignal): Promise<void> {
    const body = Readable.toWeb(createReadStream(path, { start: offset })) as NodeStream as ReadableStream;
    const answer = await call(this.#address, "PUT", `/api/ingest/files/${sha256}?bytes=${bytes}&offset=${offset}`, { body, duplex: "half", signal });
    const { complete } = (await answer.json()) as FileReceipt;
    if (!complete) throw new MentorError("upload-failed", `${file} became shorter while it was sent.`);
  }

  async *#ingest(request: IngestRequest, signal: AbortSignal): AsyncGenerator<IngestEvent> {
    const answer = await call(this.#address, "POST", "/api/ingest", { ...json(request), signal });
    let completed = false;
    try {
      for await (const line of lines(answer.body!)) {
        const event = JSON.parse(line) as IngestLine;
        if (event.type === "error") throw fromErrorReport(event.error);
        completed ||= event.type === "complete";
        yield event;
      }
    } catch (error) {
      throw lost(error, signal);
    }
    if (!completed) throw new MentorError("host-lost", "The mentor on the host broke off while it read the course.");
  }
}

const NEVER = new AbortController().signal;
