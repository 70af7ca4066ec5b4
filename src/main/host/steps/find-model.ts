import { stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { embeddingModel } from "../../../adapters/packages/models.ts";
import { requireCourseFolder } from "../../../adapters/mentor/course-folder.ts";
import { chooseModel, embeddingModelOn, inspectStick } from "../../../core/stick/inspect.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { Stick } from "../../../contract/stick.ts";
import { parseMirrorUrl } from "../../../core/upload/mirror-url.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The stick, its model's header, the model for searching, and the course: all that can be wrong on this computer. */
export function findModel({ cacheFolder }: StepTools): StepImplementation {
  return {
    id: "find-model",
    async run(context) {
      const { request, facts, signal } = context;
      if (request.mirror !== undefined) parseMirrorUrl(request.mirror); // told before anything is begun
      const stick = request.stick === undefined ? null : await inspectStick(request.stick, { signal });
      const name = request.chatEndpoint === undefined ? chatModel(context, stick) : null;
      facts.set("courseFolder", await courseFolder(context, stick === null || stick.course === null ? null : join(stick.path, stick.course.folder)));
      if (request.embeddingEndpoint === undefined) {
        const brought = stick === null ? null : embeddingModelOn(stick);
        const path = stick === null || brought === null ? await ownEmbeddingModel(context, cacheFolder) : join(stick.path, brought.file);
        facts.set("embedding", { name: basename(path), file: { path, bytes: (await stat(path)).size } });
      }
      return { outcome: name ?? (facts.require("courseFolder") === null ? "no model is needed from it" : "the course") };
    },
  };
}

/** The model that answers, whole and runnable. Returns what to call it. */
function chatModel({ request, facts }: StepContext, stick: Stick | null): string {
  if (stick === null) throw new MentorError("stick-missing", "No stick was named.");
  const wanted = request.model === undefined ? null : isAbsolute(request.model) ? relative(stick.path, request.model) : request.model;
  const model = chooseModel(stick, wanted);
  if (model.header === null) throw new Error("a usable model without a header");
  facts.set("model", { file: model.file, name: model.header.name, bytes: model.bytes, path: join(stick.path, model.file) });
  facts.set("modelParts", model.parts.map((part) => join(stick.path, part)));
  facts.set("header", model.header);
  return `${model.header.name}, ${model.header.quantisation}`;
}

async function ownEmbeddingModel(context: StepContext, cacheDir: string): Promise<string> {
  return await embeddingModel({ cacheDir, signal: context.signal, onProgress: (progress) => context.progress(progress) });
}

/** A course that was asked for must be there; the stick's own is taken when it holds something. */
async function courseFolder({ request }: StepContext, onStick: string | null): Promise<string | null> {
  const folder = request.course ?? onStick;
  if (folder === null) return null;
  try {
    await requireCourseFolder(folder);
    return folder;
  } catch (error) {
    if (request.course !== undefined) throw error;
    return null;
  }
}
