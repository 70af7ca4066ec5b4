import { MentorError } from "../../src/contract/errors.ts";
import { CourseCollections } from "../milvus/course-collections.ts";
import { restoredCollection } from "../milvus/names.ts";
import { rowProgress } from "./export.ts";
import { forgetInserted } from "./inserted.ts";
import { importCollection, readManifest, type ImportOptions } from "./import.ts";
import type { Imported } from "./request.ts";

export interface RestoreOptions extends Omit<ImportOptions, "into"> {
  course: string;
  /** Part of the new collection's name. */
  token: string;
  /** The model that this session searches with. */
  embedding: { name: string; sha256: string };
}

/** Makes a collection of a backup and, once it is proven, lets it answer for the course. @throws MentorError backup-other-model, and as importCollection */
export async function restoreCourse({ course, token, embedding, ...options }: RestoreOptions): Promise<Imported> {
  const { connection, folder, anew, signal, onProgress } = options;
  const collections = new CourseCollections(connection, course);
  const backup = await readManifest(folder);
  if (backup.embedding.sha256 !== embedding.sha256 && anew === undefined) {
    throw new MentorError("backup-other-model", `The backup's vectors come from ${backup.embedding.name}; this session searches with ${embedding.name}.`, { details: { kept: backup.embedding.sha256, wanted: embedding.sha256 } });
  }
  const into = await freeName(collections, course, token);
  await collections.clear(into);
  const manifest = await importCollection({ ...options, into });
  signal.throwIfAborted();
  onProgress(rowProgress("switch", manifest.rows, manifest.rows, "Letting the restored course answer"));
  await collections.promote(into);
  await forgetInserted(folder);
  return { collection: into, rows: manifest.rows, documents: manifest.documents.length, embedding: manifest.embedding, milvus: manifest.milvus };
}

/** The same backup may be the one that answers now, or one that is kept from before. */
async function freeName(collections: CourseCollections, course: string, token: string): Promise<string> {
  const taken = await collections.kept();
  return ["", "b", "c", "d"].map((ending) => restoredCollection(course, token + ending)).find((name) => !taken.has(name))!;
}
