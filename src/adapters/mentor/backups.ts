import type { BackupLine, BackupProgress, CourseState, HostExport, HostRestored, RestoreOrder } from "../../contract/backup.ts";
import { fromErrorReport, MentorError } from "../../contract/errors.ts";
import type { CourseStore } from "../../core/backup/course-store.ts";
import { call, lost, type MentorAddress } from "./http.ts";
import { json, lines } from "./json.ts";

type OnProgress = (progress: BackupProgress) => void;

/** The host's half of backups, through the API. Files go there another way, which is given. */
export class MentorBackups implements CourseStore {
  readonly #address: MentorAddress;
  readonly send: CourseStore["send"];

  constructor(address: MentorAddress, send: CourseStore["send"]) {
    this.#address = address;
    this.send = send;
  }

  async state(signal: AbortSignal): Promise<CourseState> {
    return (await (await call(this.#address, "GET", "/api/backup", { signal })).json()) as CourseState;
  }

  async export(signal: AbortSignal, onProgress: OnProgress): Promise<HostExport | null> {
    const line = await this.#last("/api/backup/exports", {}, signal, onProgress);
    if (line.type !== "exported") throw unexpected();
    return line.exported;
  }

  async *read(id: string, name: string, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const answer = await call(this.#address, "GET", `/api/backup/exports/${id}/${name}?offset=${offset}`, { signal });
    try {
      yield* answer.body!;
    } catch (error) {
      throw lost(error, signal);
    }
  }

  async removeExport(id: string): Promise<void> {
    await call(this.#address, "DELETE", `/api/backup/exports/${id}`);
  }

  restore(order: RestoreOrder, signal: AbortSignal, onProgress: OnProgress): Promise<HostRestored> {
    return this.#restored("/api/backup/restore", order, signal, onProgress);
  }

  undo(signal: AbortSignal, onProgress: OnProgress): Promise<HostRestored> {
    return this.#restored("/api/backup/undo", {}, signal, onProgress);
  }

  async #restored(path: string, body: object, signal: AbortSignal, onProgress: OnProgress): Promise<HostRestored> {
    const line = await this.#last(path, body, signal, onProgress);
    if (line.type !== "restored") throw unexpected();
    return line.restored;
  }

  async #last(path: string, body: object, signal: AbortSignal, onProgress: OnProgress): Promise<BackupLine> {
    const answer = await call(this.#address, "POST", path, { ...json(body), signal });
    try {
      for await (const text of lines(answer.body!)) {
        const line = JSON.parse(text) as BackupLine;
        if (line.type === "error") throw fromErrorReport(line.error);
        if (line.type !== "progress") return line;
        onProgress(line.progress);
      }
    } catch (error) {
      throw lost(error, signal);
    }
    throw new MentorError("host-lost", "The mentor on the host broke off.");
  }
}

const unexpected = () => new MentorError("internal", "The mentor on the host answered something else than it was asked for.");
