import { access, constants, stat, statfs } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { MentorError, toErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { ModelFile, Stick } from "../../contract/stick.ts";
import { groupParts } from "../model/split.ts";
import { readModel } from "./read-model.ts";
import { walk } from "./walk.ts";

const MODEL_DEPTH = 3;
const COURSE_FOLDER = "course";
const COURSE_DEPTH = 8;

export interface InspectOptions {
  kind?: Stick["kind"];
  /** Volume label; the folder's own name where there is none. */
  label?: string;
  /** Set when the system says so; else it is tried. */
  readOnly?: boolean;
  signal?: AbortSignal;
}

/**
 * Looks at a folder as a stick: its models (headers only), its course, and what stands in the way
 * of a session. What is wrong is said in `problem`, of the stick and of each model; this throws
 * only when it is cancelled.
 */
export async function inspectStick(folder: string, options: InspectOptions = {}): Promise<Stick> {
  const path = resolve(folder);
  const { kind = "folder", signal } = options;
  const space = await statfs(path).catch(() => null);
  const stick: Stick = {
    path,
    label: options.label || basename(path) || path,
    kind,
    sizeBytes: space === null ? null : space.blocks * space.bsize,
    freeBytes: space === null ? null : space.bavail * space.bsize,
    readOnly: options.readOnly === true || !(await writable(path)),
    models: [],
    course: null,
    problem: null,
  };
  try {
    const files = await walk(path, MODEL_DEPTH, signal);
    for (const group of groupParts(files.filter((file) => file.toLowerCase().endsWith(".gguf")))) {
      stick.models.push(await readModel(path, group, signal));
    }
    stick.course = await findCourse(path, signal);
    stick.problem = problemOf(stick, files);
  } catch (error) {
    signal?.throwIfAborted();
    stick.problem = unreadable(path, error);
  }
  return stick;
}

/** Models that a session can chat with: whole, runnable, and with a chat template where any has one. */
export function chatModels(stick: Pick<Stick, "models">): ModelFile[] {
  const usable = stick.models.filter((model) => model.problem === null && model.header !== null);
  const chat = usable.filter((model) => model.header?.purpose === "chat");
  return chat.length > 0 ? chat : usable.filter((model) => model.header?.purpose === "base");
}

/** The stick's own model for search; null when it brings none. */
export function embeddingModelOn(stick: Pick<Stick, "models">): ModelFile | null {
  return stick.models.find((model) => model.problem === null && model.header?.purpose === "embedding") ?? null;
}

/**
 * The model that a session uses: `wanted` (relative to the stick), else the only one.
 *
 * @throws MentorError model-missing, model-ambiguous, or whatever is wrong with the model
 */
export function chooseModel(stick: Stick, wanted: string | null = null): ModelFile {
  if (wanted === null) {
    const [only] = chatModels(stick);
    if (stick.problem !== null || only === undefined) throw asError(stick.problem ?? missing(stick, []));
    return only;
  }
  const name = wanted.replaceAll("\\", "/").replace(/^\.\//, "");
  const model = stick.models.find((candidate) => candidate.file === name || candidate.parts.includes(name));
  if (model === undefined) throw new MentorError("model-missing", `${wanted} is not on ${stick.label}.`, { details: { stick: stick.path, file: wanted } });
  if (model.problem !== null) throw asError(model.problem);
  if (model.header?.purpose === "embedding") {
    throw new MentorError("model-unsupported", `${model.file} is a model for searching; it cannot answer questions.`, { details: { file: model.file } });
  }
  return model;
}

function asError({ code, message, kept, advice, details, causes }: ErrorReport): MentorError {
  return new MentorError(code, message, { kept, advice, details, cause: causes?.length ? new Error(causes.join("; ")) : undefined });
}

function problemOf(stick: Stick, files: readonly string[]): ErrorReport | null {
  const candidates = chatModels(stick);
  if (candidates.length === 1) return null;
  if (candidates.length > 1) {
    const names = candidates.map((model) => model.file);
    return { code: "model-ambiguous", message: `${stick.label} holds ${names.length} chat models: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}.`, details: { files: names } };
  }
  const broken = stick.models.find((model) => model.problem !== null);
  return broken?.problem ?? missing(stick, files);
}

/** Other formats that people bring, so that the message can say why they do not count. */
const OTHER_MODELS = /\.(safetensors|bin|pt|pth|ggml|onnx|part|crdownload|download)$/i;

function missing(stick: Stick, files: readonly string[]): ErrorReport {
  const other = files.find((file) => OTHER_MODELS.test(file));
  const found =
    embeddingModelOn(stick) !== null
      ? `${stick.label} holds a model for searching, but none that can answer questions.`
      : other === undefined
        ? `${stick.label} holds no file ending in .gguf.`
        : `${stick.label} holds ${other}, but no file ending in .gguf.`;
  return { code: "model-missing", message: found, details: { stick: stick.path } };
}

/** The folder `course` beside the model, in whatever case it is written. */
async function findCourse(root: string, signal?: AbortSignal): Promise<Stick["course"]> {
  for (const folder of [COURSE_FOLDER, "Course", "COURSE"]) {
    const found = await stat(join(root, folder)).catch(() => null);
    if (!found?.isDirectory()) continue;
    const files = await walk(join(root, folder), COURSE_DEPTH, signal).catch(() => []);
    signal?.throwIfAborted();
    return { folder, files: files.length };
  }
  return null;
}

async function writable(path: string): Promise<boolean> {
  return await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function unreadable(path: string, error: unknown): ErrorReport {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return { code: "stick-missing", message: `${path} is not there.`, details: { stick: path } };
  if (code === "ENOTDIR") return { code: "stick-missing", message: `${path} is a file, not a stick or a folder.`, details: { stick: path } };
  if (code === undefined) return toErrorReport(error);
  return { code: "stick-unreadable", message: `${path} cannot be read (${code}).`, details: { stick: path } };
}
