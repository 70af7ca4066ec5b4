import { createInterface } from "node:readline";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import { MilvusConnection } from "../milvus/connection.ts";
import { CourseCollections } from "../milvus/course-collections.ts";
import { exportCollection } from "./export.ts";
import { ProgramRequest, type Exported, type ProgramLine } from "./request.ts";
import { restoreCourse } from "./restore.ts";
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
        const { course, folder, token, embedding } = request;
        return await restoreCourse({ connection, course, folder, token, embedding, signal, onProgress, log });
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
