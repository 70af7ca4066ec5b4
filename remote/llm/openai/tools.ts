import { z } from "zod";
import type { Tool } from "../markup/tool-call.ts";
import { ApiError } from "./errors.ts";

const MOST_TOOLS = 128;
const Name = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "a function's name is 1 to 64 letters, digits, _ and -");

const FunctionTool = z.strictObject({
  type: z.literal("function", "only functions can be called here"),
  function: z.strictObject({
    name: Name,
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    /** Arguments fulfil the schema with and without it, but in Llama 3's own markup under `auto`. */
    strict: z.boolean().nullish(),
  }),
});

export const toolFields = {
  tools: z.array(FunctionTool).max(MOST_TOOLS).nullish(),
  tool_choice: z.union([z.enum(["none", "auto", "required"]), z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: Name }) })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
};

export const CallOfOld = z.strictObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.strictObject({ name: Name, arguments: z.string() }),
});

export interface Choice {
  /** Those that may be called now; none where the model is not to call any. */
  tools: readonly Tool[];
  /** Where each stands in the request. */
  places: readonly number[];
  required: boolean;
  parallel: boolean;
}

/** @throws ApiError 400 */
export function choiceOf({ tools, tool_choice: choice, parallel_tool_calls: parallel }: z.infer<z.ZodObject<typeof toolFields>>): Choice {
  const all = (tools ?? []).map(({ function: { name, description, parameters } }): Tool => ({ name, description: description ?? undefined, parameters: parameters ?? undefined }));
  const refuse = (param: string, why: string) => new ApiError(400, `${param}: ${why}`, { param, code: "invalid_value" });
  const twice = all.findIndex(({ name }, index) => all.slice(0, index).some((other) => other.name === name));
  if (twice >= 0) throw refuse(`tools.${twice}.function.name`, `there are two functions of the name ${all[twice]!.name}.`);
  if (choice != null && choice !== "none" && all.length === 0) throw refuse("tool_choice", "there are no tools to choose from.");
  const named = typeof choice === "object" && choice !== null ? choice.function.name : null;
  const offered = choice === "none" ? [] : named === null ? all : all.filter(({ name }) => name === named);
  if (named !== null && offered.length === 0) throw refuse("tool_choice.function.name", `there is no function ${named} among the tools.`);
  return { tools: offered, places: offered.map((tool) => all.indexOf(tool)), required: choice === "required" || named !== null, parallel: parallel !== false && named === null };
}
