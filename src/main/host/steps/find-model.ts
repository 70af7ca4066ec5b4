import { stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { embeddingModel } from "../../../adapters/packages/models.ts";
import { requireCourseFolder } from "../../../adapters/mentor/course-folder.ts";
import { chooseModel, embeddingModelOn, inspectStick } from "../../../core/stick/inspect.ts";
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
      const stick = await inspectStick(request.stick, { signal });
      const wanted = request.model === undefined ? null : isAbsolute(request.model) ? relative(stick.path, request.model) : request.model;
      const model = chooseModel(stick, wanted);
      if (model.header === null) throw new Error("a usable model without a header");
      facts.set("model", { file: model.file, name: model.header.name, bytes: model.bytes, path: join(stick.path, model.file) });
      facts.set("modelParts", model.parts.map((part) => join(stick.path, part)));
      facts.set("header", model.header);
      facts.set("courseFolder", await courseFolder(context, stick.course === null ? null : join(stick.path, stick.course.folder)));

      const brought = embeddingModelOn(stick);
      const path = brought === null ? await ownEmbeddingModel(context, cacheFolder) : join(stick.path, brought.file);
      facts.set("embedding", { path, name: basename(path), bytes: (await stat(path)).size });
      return { outcome: `${model.header.name}, ${model.header.quantisation}` };
    },
  };
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
