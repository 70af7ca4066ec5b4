import type { Engine, LoadedModel } from "../engine/engine.ts";
import { ApiError } from "./errors.ts";

export function modelList({ chat, embedding }: Engine): object {
  return { object: "list", data: [chat, embedding].filter((model) => model !== null).map(entry) };
}

/** @throws ApiError 404 */
export function modelEntry({ chat, embedding }: Engine, id: string): object {
  const model = [chat, embedding].find((loaded) => loaded?.id === id);
  if (model == null) throw new ApiError(404, `No model ${id} is loaded on this server.`, { param: "model", code: "model_not_found" });
  return entry(model);
}

function entry({ id, created, contextTokens }: LoadedModel): object {
  return { id, object: "model", created, owned_by: "local", context_length: contextTokens };
}
