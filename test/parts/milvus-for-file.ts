import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { MilvusConnection } from "../../remote/milvus/connection.ts";
import { BackedUpCourse } from "./backed-up-course.ts";
import { startMilvus, type RunningMilvus } from "./milvus.ts";

/** A real Milvus Lite for the tests of one file, and a connection to it: there before the first, gone after the last. */
export function milvusForFile(onStart: (milvus: RunningMilvus, connection: MilvusConnection) => void): void {
  let milvus: RunningMilvus | undefined;
  let connection: MilvusConnection | undefined;
  beforeAll(async () => {
    milvus = await startMilvus();
    connection = new MilvusConnection(milvus, 30_000);
    onStart(milvus, connection);
  }, 240_000);
  afterAll(async () => {
    await connection?.close();
    await milvus?.stop();
  });
}

/** The same, and in it a course of its own for each test. */
export function courseForEach(onOpen: (course: BackedUpCourse, at: { address: string; connection: MilvusConnection }) => void): void {
  let at: { address: string; connection: MilvusConnection };
  let course: BackedUpCourse | undefined;
  milvusForFile(({ address }, connection) => (at = { address, connection }));
  beforeEach(async () => {
    course = await BackedUpCourse.open(at.address);
    onOpen(course, at);
  });
  afterEach(() => course?.close());
}
