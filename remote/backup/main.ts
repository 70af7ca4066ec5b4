import { createInterface } from "node:readline";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import { MilvusConnection } from "../milvus/connection.ts";
import { CourseCollections } from "../milvus/course-collections.ts";
import { restoredCollection } from "../milvus/names.ts";
import { exportCollection } from "./export.ts";
import { importCollection, readManifest } from "./import.ts";
import { ProgramRequest, type Exported, type Imported, type ProgramLine } from "./request.ts";
import { sometimes } from "./sometimes.ts";

/**
 * Writes a course to files, or files to a course, for the mentor's API, which started it and holds
 * back all writes meanwhile. A process of its own: packing and hashing hold up no answer, its memory
 * goes when it does, and when the API dies it ends too, whatever it was doing.
 */
const CALL_MS = 180_000;

const say = (line: ProgramLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const log = (text: string): void => say({ log: text });

async function perform(request: ProgramRequest, signal: AbortSignal): Promise<unknown> {
  const connection = new MilvusConnection(request.milvus, CALL_MS);
  const collections = new CourseCollections(connection, request.course);
  const onProgress = sometimes((progress) => say({ progress }));
  try {
    switch (request.action) {
      case "export": {
        const collection = await collections.current();
        if (collection === null) return { manifest: null } satisfies Exported;
        const { folder, documents } = request;
        return { manifest: await exportCollection({ connection, collection, folder, documents, signal, onProgress }) } satisfies Exported;
      }
      case "import": {
        const { folder, embedding } = request;
        const backup = await readManifest(folder);
        if (backup.embedding.sha256 !== embedding.sha256) {
          throw new MentorError("backup-other-model", `The backup's vectors come from ${backup.embedding.name}; this session searches with ${embedding.name}.`, {
            details: { kept: backup.embedding.sha256, wanted: embedding.sha256 },
          });
        }
        await collections.clear();
        const into = await freeName(collections, request.course, request.token);
        const manifest = await importCollection({ connection, folder, into, signal, onProgress, log });
        signal.throwIfAborted();
        onProgress({ phase: "switch", done: 0, total: 1, unit: "steps", rate: null, etaSeconds: null, detail: "Letting the restored course answer" });
        await collections.promote(into);
        return { collection: into, rows: manifest.rows, documents: manifest.documents.length, embedding: manifest.embedding, milvus: manifest.milvus } satisfies Imported;
      }
      case "undo": {
        if (!(await collections.goBack())) throw new MentorError("restore-nothing-before", "No course from before a restore is kept on this host.");
        return { collection: await collections.current() };
      }
    }
  } finally {
    await connection.close();
  }
}

/** The same backup may be the one that answers now, or the one before. */
async function freeName(collections: CourseCollections, course: string, token: string): Promise<string> {
  const taken = [await collections.current(), await collections.previous()];
  return ["", "b", "c"].map((ending) => restoredCollection(course, token + ending)).find((name) => !taken.includes(name))!;
}

const stop = new AbortController();
const lines = createInterface({ input: process.stdin });
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop.abort(new MentorError("cancelled", "The work was cancelled.")));
lines.once("close", () => stop.abort(new MentorError("cancelled", "The mentor's API has ended.")));
lines.once("line", (line) => {
  void (async () => {
    try {
      say({ result: await perform(ProgramRequest.parse(JSON.parse(line)), stop.signal) });
    } catch (error) {
      say({ error: toErrorReport(error) });
      process.exitCode = 1;
    }
    lines.close();
    process.stdin.destroy();
  })();
});
