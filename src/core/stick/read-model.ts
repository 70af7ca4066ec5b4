import { basename, join } from "node:path";
import { MentorError, toErrorReport } from "../../contract/errors.ts";
import type { ModelFile } from "../../contract/stick.ts";
import { withFileSource } from "../model/byte-source.ts";
import { readGguf, type Gguf } from "../model/gguf.ts";
import { modelHeader } from "../model/header.ts";
import type { ModelGroup } from "../model/split.ts";

/**
 * Reads the headers of one model's files; never throws for what is wrong with them: that is the
 * model's `problem`.
 *
 * @param root folder that the group's paths are relative to
 */
export async function readModel(root: string, group: ModelGroup, signal?: AbortSignal): Promise<ModelFile> {
  const model: ModelFile = { file: group.file, bytes: 0, parts: group.parts, header: null, problem: null };
  const name = basename(group.file);
  try {
    const parts: Gguf[] = [];
    for (const part of group.parts) {
      signal?.throwIfAborted();
      await withFileSource(join(root, part), async (source) => {
        model.bytes += source.size;
        parts.push(await readGguf(source, basename(part)));
      });
    }
    requireWhole(group, parts, name);
    model.header = modelHeader(parts, name);
  } catch (error) {
    signal?.throwIfAborted();
    model.problem = toErrorReport(asMentorError(error, name));
  }
  return model;
}

function requireWhole(group: ModelGroup, parts: readonly Gguf[], name: string): void {
  const { missing } = group;
  const count = parts[0]?.metadata.get("split.count");
  const claimed = typeof count === "number" ? count : 0;
  if (missing.length === 0 && claimed <= group.parts.length) return;
  const total = Math.max(claimed, group.parts.length + missing.length);
  const which = missing.length === 0 ? "The other parts do not carry the names they were made with." : `Missing: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", …" : ""}.`;
  throw new MentorError("model-split-incomplete", `${name} is one of ${total} parts, and ${total - group.parts.length} of them are not there. ${which}`, {
    details: { file: group.file, missing },
  });
}

function asMentorError(error: unknown, name: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof MentorError || code === undefined) return error;
  const gone = code === "ENOENT" || code === "ENODEV" || code === "ENXIO";
  return new MentorError(gone ? "stick-removed" : "stick-unreadable", `${name} cannot be read (${code}).`, { cause: error });
}
