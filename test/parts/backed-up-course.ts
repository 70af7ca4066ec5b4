import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startApi, type RunningApi } from "../../remote/api/start.ts";
import { systemClock } from "../../src/adapters/local/clock.ts";
import { LocalHost } from "../../src/adapters/local/host.ts";
import { MentorApi } from "../../src/adapters/mentor/api.ts";
import { MentorBackups } from "../../src/adapters/mentor/backups.ts";
import type { BackupCreated, BackupProgress } from "../../src/contract/backup.ts";
import { createBackup, type CreateOptions } from "../../src/core/backup/create.ts";
import { restoreBackup } from "../../src/core/backup/restore.ts";
import { uploadFile } from "../../src/core/upload/upload.ts";
import { startLlmStandIn, type LlmStandIn } from "./llm-stand-in.ts";

const KEY = "k".repeat(40);

export const COURSE: Record<string, string> = {
  "fruit/apples.md": "# Fruit\n\n## Apples\n\nApples ripen in autumn and are pressed into cider.\n\n## Cherries\n\nCherries ripen early in summer.",
  "engines.txt": "Chapter 1 Engines\n\nSteam engines boil water and drive pistons.",
};

/** A real API with a real Milvus behind it, a course in it, and a folder for its backups: all that a session gives a backup. */
export class BackedUpCourse {
  readonly folder: string;
  readonly llm: LlmStandIn;
  readonly collection = `c_${randomUUID().replaceAll("-", "")}`;
  embedding = { name: "model-a", sha256: "a".repeat(64) };
  progress: BackupProgress[] = [];
  api!: RunningApi;
  mentor!: MentorApi;
  backups!: MentorBackups;
  readonly #address: string;
  readonly #program: string | undefined;

  private constructor(folder: string, llm: LlmStandIn, address: string, program?: string) {
    this.folder = folder;
    this.llm = llm;
    this.#address = address;
    this.#program = program;
  }

  /** `milvus`: its address; the course is empty. */
  static async open(milvus: string, program?: string): Promise<BackedUpCourse> {
    const course = new BackedUpCourse(await mkdtemp(join(tmpdir(), "mentor-backed-up-")), await startLlmStandIn(KEY), milvus, program);
    await course.start();
    return course;
  }

  get stick(): string {
    return join(this.folder, "stick", "backups");
  }

  async start(): Promise<void> {
    const dataDir = join(this.folder, "data");
    this.api = await startApi({ key: KEY, port: 0, llmUrl: this.llm.url, milvusAddress: this.#address, collection: this.collection, embedding: this.embedding, dataDir }, undefined, undefined, this.#program);
    const url = `http://127.0.0.1:${this.api.port}`;
    const host = new LocalHost();
    this.mentor = new MentorApi({ url, key: KEY });
    this.backups = new MentorBackups({ url, key: KEY }, async (id, name, path, signal, onBytes) => {
      await uploadFile({ host, source: path, destination: join(dataDir, "backups", "incoming", id, name), clock: systemClock, signal, onProgress: ({ done }) => onBytes(done) });
    });
  }

  async ingest(files: Record<string, string> = COURSE): Promise<void> {
    const root = join(this.folder, "course");
    await rm(root, { recursive: true, force: true });
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), content);
    }
    for await (const event of this.mentor.ingestFolder(root, undefined, true)) void event;
  }

  files = async (): Promise<string[]> => (await this.mentor.documents()).map(({ file }) => file);

  /** The file that the best passage for these words is in; null where nothing is found. */
  async found(words: string): Promise<string | null> {
    for await (const event of this.mentor.ask({ message: words })) if (event.type === "complete") return event.sources[0]?.metadata.file ?? null;
    return null;
  }

  async create(options: Partial<CreateOptions> = {}): Promise<BackupCreated> {
    return (await createBackup({ store: this.backups, folder: this.stick, course: "Rocks & Fruit", host: "this computer", appVersion: "0.1.0", keep: 5, clock: systemClock, signal: new AbortController().signal, onProgress: (one) => this.progress.push(one), ...options }))!;
  }

  restore(path: string, options: Partial<Parameters<typeof restoreBackup>[0]> = {}): ReturnType<typeof restoreBackup> {
    return restoreBackup({ store: this.backups, path, embedding: this.embedding, clock: systemClock, signal: new AbortController().signal, onProgress: (one) => this.progress.push(one), ...options });
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.llm.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
