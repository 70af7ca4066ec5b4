import { literal } from "../grammar/rules.ts";
import { parsed, toCalls, type Tool, type ToolCall } from "./tool-call.ts";

/** How a family of models writes that it calls a function. */
export interface CallFormat {
  name: "hermes" | "mistral" | "mistral-arguments" | "llama" | "generic";
  /** Any of these begins a call. */
  openers: readonly string[];
  /** Ends it; null where only the end of the answer does. */
  closer: string | null;
  /** Whether a call can come only where the answer begins: its opener is no special token. */
  onlyFirst: boolean;
  /** The calls between opener and closer; null where there are none. */
  read(inner: string, tools: readonly Tool[]): ToolCall[] | null;
  /** A call as a GBNF sequence; `parameters` is the rule for the arguments. */
  write(tool: Tool, parameters: string): string;
  /** Ends a list of calls, so that one that was cut can be read as far as it goes; null for no list. */
  listEnd: string | null;
  /** GBNF around and between calls. */
  frame: { before: string; between: string | null; after: string };
}

const named = (key: string) => ({ name }: Tool, parameters: string) => `${literal(`{"name": ${JSON.stringify(name)}, "${key}": `)} ${parameters} "}"`;

/** Hermes, Qwen and many others. */
const HERMES: CallFormat = {
  name: "hermes",
  openers: ["<tool_call>"],
  closer: "</tool_call>",
  onlyFirst: false,
  read: (inner, tools) => toCalls(parsed(inner), tools),
  write: (tool, parameters) => `"<tool_call>\\n" ${named("arguments")(tool, parameters)} "\\n</tool_call>"`,
  listEnd: null,
  frame: { before: '""', between: '"\\n"', after: '""' },
};

/** Mistral up to 2024: one list of all calls. */
const MISTRAL: CallFormat = {
  name: "mistral",
  openers: ["[TOOL_CALLS]"],
  closer: null,
  onlyFirst: false,
  read: (inner, tools) => toCalls(parsed(inner), tools),
  write: named("arguments"),
  listEnd: "]",
  frame: { before: '"[TOOL_CALLS]" " "? "["', between: '", "', after: '"]"' },
};

/** Mistral since 2025: the name in front of the arguments. */
const MISTRAL_ARGUMENTS: CallFormat = {
  name: "mistral-arguments",
  openers: ["[TOOL_CALLS]"],
  closer: null,
  onlyFirst: false,
  read: (inner, tools) => {
    const parts = inner.split("[TOOL_CALLS]").map((part) => /^\s*([\w-]+)\s*(?:\[CALL_ID\]\w*)?(?:\[ARGS\])?\s*(\{[^]*\})\s*$/.exec(part));
    return parts.includes(null) ? null : toCalls(parts.map((part) => ({ name: part?.[1], arguments: part?.[2] })), tools);
  },
  write: ({ name }, parameters) => `"[TOOL_CALLS]" ${literal(name)} "[ARGS]" ${parameters}`,
  listEnd: null,
  frame: { before: '""', between: '""', after: '""' },
};

/** Llama 3.1 to 3.3: one bare object. */
const LLAMA: CallFormat = {
  name: "llama",
  openers: ["<|python_tag|>", "{"],
  closer: null,
  onlyFirst: true,
  read: (inner, tools) => toCalls(parsed(inner), tools),
  write: named("parameters"),
  listEnd: null,
  frame: { before: '""', between: null, after: '""' },
};

/** For models that were taught none: described to them in the system text, and kept to by grammar. */
export const GENERIC: CallFormat = {
  name: "generic",
  openers: ["{"],
  closer: null,
  onlyFirst: true,
  read: (inner, tools) => toCalls((parsed(inner) as { tool_calls?: unknown } | null | undefined)?.tool_calls, tools),
  write: named("arguments"),
  listEnd: "]}",
  frame: { before: '"{\\"tool_calls\\": ["', between: '", "', after: '"]}"' },
};

/** What a template makes of a call of `name`, told from what it renders. */
export function recognised(rendered: string, name: string): CallFormat | null {
  const shapes: [RegExp, CallFormat][] = [
    [new RegExp(`<tool_call>\\s*\\{\\s*"name":\\s*"${name}",\\s*"arguments":\\s*\\{`), HERMES],
    [new RegExp(`\\[TOOL_CALLS\\]\\s*\\[\\s*\\{.*"name":\\s*"${name}"`), MISTRAL],
    [new RegExp(`\\[TOOL_CALLS\\]\\s*${name}(\\[CALL_ID\\]\\w*)?(\\[ARGS\\])?\\s*\\{`), MISTRAL_ARGUMENTS],
    [new RegExp(`\\{\\s*"name":\\s*"${name}",\\s*"parameters":\\s*\\{`), LLAMA],
  ];
  return shapes.find(([shape]) => shape.test(rendered))?.[1] ?? null;
}
