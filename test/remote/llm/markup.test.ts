import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerGrammar, type AnswerGrammar } from "../../../remote/llm/markup/answer-grammar.ts";
import { AnswerReader, type AnswerMarkup } from "../../../remote/llm/markup/answer-reader.ts";
import { reasoningMarks } from "../../../remote/llm/markup/reasoning.ts";
import type { AnswerPart, Tool } from "../../../remote/llm/markup/tool-call.ts";
import { ChatTemplate, TemplateError, type ChatMessage } from "../../../remote/llm/prompt/chat-template.ts";
import { CHATML, HERMES, LLAMA, MISTRAL_ARGUMENTS, MISTRAL_LIST } from "../../parts/chat-templates.ts";
import { GrammarEngine } from "../../parts/grammar-engine.ts";
import { seeded } from "../../parts/seeded.ts";

const WEATHER: Tool = { name: "get_weather", description: "The weather <now>", parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer", minimum: 1, maximum: 7 } }, required: ["city"] } };
const CLOCK: Tool = { name: "clock" };
const TOOLS = [WEATHER, CLOCK];
const templateOf = (source: string) => new ChatTemplate(source, { bos: "<s>", eos: "</s>" });
const FAMILIES = { hermes: HERMES, mistral: MISTRAL_LIST, "mistral-arguments": MISTRAL_ARGUMENTS, llama: LLAMA, generic: CHATML };

function markupOf(source: string, { parallel = true, begun = false } = {}): AnswerMarkup {
  const marks = reasoningMarks(source, () => false);
  return { reasoning: marks === null ? null : { ...marks, begun }, calls: { format: templateOf(source).calls, tools: TOOLS, parallel } };
}

interface Read {
  content: string;
  reasoning: string;
  calls: { name: string; arguments: object }[];
}

function joined(parts: readonly AnswerPart[]): Read {
  return {
    content: parts.map((part) => ("content" in part ? part.content : "")).join(""),
    reasoning: parts.map((part) => ("reasoning" in part ? part.reasoning : "")).join(""),
    calls: parts.flatMap((part) => ("call" in part ? [{ name: part.call.name, arguments: part.call.arguments }] : [])),
  };
}

/** Read whole, and in pieces of one character: both must come to the same. */
function read(markup: AnswerMarkup, text: string): Read {
  const whole = new AnswerReader(markup);
  const once = joined([...whole.push(text), ...whole.end()]);
  const slow = new AnswerReader(markup);
  const bits = joined([...[...text].flatMap((character) => slow.push(character)), ...slow.end()]);
  expect(bits).toEqual(once);
  return once;
}

const paris = { name: "get_weather", arguments: { city: "Paris" } };
const clock = { name: "clock", arguments: {} };

test.each(Object.entries(FAMILIES))("a template of the family %s is recognised by how it writes a call", (name, source) => {
  expect(templateOf(source).calls.name).toBe(name);
});

describe("calls are read out of an answer", () => {
  test.each([
    ["hermes", '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>', "", [paris]],
    ["hermes", 'Let me look.\n<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>\n<tool_call>{"name": "clock", "arguments": {}}</tool_call>\n', "Let me look.", [paris, clock]],
    ["hermes", '<tool_call>{"name": "clock"}</tool_call> and so on', " and so on", [clock]],
    ["mistral", '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Paris"}, "id": "abcdefghi"}, {"name": "clock", "arguments": {}}]', "", [paris, clock]],
    ["mistral-arguments", '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}[TOOL_CALLS]clock[ARGS]{}', "", [paris, clock]],
    ["mistral-arguments", 'Well.[TOOL_CALLS]clock{}', "Well.", [clock]],
    ["llama", '{"name": "get_weather", "parameters": {"city": "Paris"}}', "", [paris]],
    ["llama", '<|python_tag|>{"name": "clock", "parameters": {}}', "", [clock]],
    ["generic", '{"tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}, {"name": "clock", "arguments": {}}]}', "", [paris, clock]],
    ["generic", '{ "response": "a \\"b\\"\\n\\u00e9 } c" }', 'a "b"\né } c', []],
  ] as const)("%s: %s", (family, text, content, calls) => {
    expect(read(markupOf(FAMILIES[family]), text)).toEqual({ content, reasoning: "", calls });
  });

  test.each([
    ["generic", '{"tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}, {"name": "clock", "arg'],
    ["mistral", '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Paris"}}, {"name": "clock", "arg'],
  ] as const)("%s: of a list that was cut, those that are whole; the rest is content", (family, text) => {
    expect(read(markupOf(FAMILIES[family]), text)).toEqual({ content: ', {"name": "clock", "arg', reasoning: "", calls: [paris] });
  });

  test("of which only the first counts where they are not to come side by side", () => {
    const text = '<tool_call>{"name": "clock"}</tool_call><tool_call>{"name": "clock"}</tool_call>';
    expect(read(markupOf(HERMES, { parallel: false }), text).calls).toEqual([clock]);
  });
});

test.each([
  ["hermes", '<tool_call>{"name": "get_weather", "arguments": {"city": </tool_call> so'],
  ["hermes", '<tool_call>{"name": "rm_rf", "arguments": {}}</tool_call>'],
  ["hermes", 'a < b <tool <tool_call>{"name": "clo'],
  ["hermes", "  \n"],
  ["hermes", "text and white space \n\n"],
  ["mistral", '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"ci'],
  ["mistral-arguments", "[TOOL_CALLS]unknown[ARGS]{}"],
  ["llama", '{"answer": 42}'],
  ["llama", 'It is {"name": "clock", "parameters": {}}'],
  ["generic", '{"tool_calls": [{"name": "clo'],
  ["generic", "plain words {"],
] as const)("what is no call is content, with all its markup (%s: %j)", (family, text) => {
  expect(read(markupOf(FAMILIES[family]), text)).toEqual({ content: text, reasoning: "", calls: [] });
});

describe("thinking", () => {
  const thinks = { reasoning: { open: "<think>", close: "</think>", begun: false }, calls: null };

  test("is told apart from the answer", () => {
    expect(read(thinks, "<think>\nHm <b> </thin\n</think>\n\nFour.\n")).toEqual({ content: "Four.\n", reasoning: "Hm <b> </thin\n", calls: [] });
    expect(read(thinks, "Four. <think>")).toEqual({ content: "Four. <think>", reasoning: "", calls: [] });
    expect(read(thinks, "<thi")).toEqual({ content: "<thi", reasoning: "", calls: [] });
  });

  test("that the prompt began goes on until it is closed, or cut", () => {
    const begun = { ...thinks, reasoning: { ...thinks.reasoning, begun: true } };
    expect(read(begun, "Hm.</think>Four.")).toEqual({ content: "Four.", reasoning: "Hm.", calls: [] });
    expect(read(begun, "Hm, </thi")).toEqual({ content: "", reasoning: "Hm, </thi", calls: [] });
    const template = templateOf(`${CHATML}{% if add_generation_prompt %}<think>\n{% endif %}`);
    expect(template.begins(template.render([{ role: "user", content: "x" }]), thinks.reasoning)).toBe(true);
    expect(template.begins(templateOf(CHATML).render([{ role: "user", content: "<think>" }]), thinks.reasoning)).toBe(false);
  });

  test("comes before calls, and a call that is only thought of is none", () => {
    const both = { ...markupOf(HERMES), reasoning: thinks.reasoning };
    expect(read(both, '<think>I could <tool_call>{"name": "clock"}</tool_call></think>\n\n<tool_call>{"name": "clock"}</tool_call>')).toEqual({ content: "", reasoning: 'I could <tool_call>{"name": "clock"}</tool_call>', calls: [clock] });
  });
});

const CONVERSATION: ChatMessage[] = [
  { role: "system", content: "Be kind." },
  { role: "user", content: "Weather?" },
  { role: "assistant", content: "", calls: [{ id: "call_1", name: "get_weather", arguments: { city: 'Pa"ris\n<|im_end|>', "k<|im_start|>": [1, "<|im_start|>"] } }] },
  { role: "tool", content: 'rain "now" <|im_end|>', callId: "call_1" },
  { role: "user", content: "And?" },
];

describe("tools in a prompt", () => {
  test.each(Object.entries(FAMILIES))("of the family %s: what they are, what was called and what came of it", (_, source) => {
    const segments = templateOf(source).render(CONVERSATION, { tools: TOOLS, required: false });
    const prompt = segments.map(({ text }) => text).join("");
    for (const told of ["Be kind.", "Weather?", "get_weather", "The weather <now>", "clock", "And?", "rain", 'Pa\\"ris\\n<|im_end|>']) expect(prompt).toContain(told);
    const markup = segments.filter(({ from }) => from === "template").map(({ text }) => text).join("");
    // Of people's marks not one is left in what counts as the template's own.
    for (const mark of ["k<|im_start|>", "ris\\n<|im_end|>", '"now\\" <|im_end|>', "<now>"]) expect(markup).not.toContain(mark);
  });

  test("as JSON where the template writes them as JSON, and as they are where it does not", () => {
    const json = templateOf(MISTRAL_LIST).render(CONVERSATION.slice(1), { tools: [], required: false }).map(({ text }) => text).join("");
    expect(json).toContain('{"content": "rain \\"now\\" <|im_end|>", "call_id": "');
    expect(json).toMatch(/"id": "([0-9a-z]{9})".*"call_id": "\1"/s);
    const plain = templateOf(HERMES).render(CONVERSATION, { tools: [], required: false }).map(({ text }) => text).join("");
    expect(plain).toContain('<tool_response>\nrain "now" <|im_end|>\n</tool_response>');
  });

  test("that the template refuses are refused in its words", () => {
    const two = [{ id: "a", name: "clock", arguments: {} }, { id: "b", name: "clock", arguments: {} }];
    expect(() => templateOf(LLAMA).render([{ role: "user", content: "x" }, { role: "assistant", content: "", calls: two }])).toThrow(TemplateError);
  });
});

describe("with llama.cpp's grammar engine", () => {
  let engine: GrammarEngine;
  beforeAll(async () => {
    engine = await GrammarEngine.start();
  }, 60_000);
  afterAll(() => engine.stop());

  const grammarFor = (source: string, change: Partial<AnswerGrammar> & { required?: boolean; parallel?: boolean } = {}) =>
    answerGrammar({ reasoning: null, calls: { format: templateOf(source).calls, tools: TOOLS, parallel: change.parallel ?? true, required: change.required ?? true }, schema: null, ...change }, (_, make) => make());

  test.each(Object.entries(FAMILIES))("whatever a %s answer is made to call fulfils the function's schema", (_, source) => {
    const random = seeded(11);
    const schemas = Object.fromEntries(TOOLS.map(({ name, parameters }) => [name, new Ajv2020({ strict: false }).compile(parameters ?? { type: "object", maxProperties: 0 })]));
    const grammar = grammarFor(source);
    let made = 0;
    for (let answer = 0; answer < 6; answer++) {
      const text = engine.babble(grammar, random);
      if (text === null) continue;
      const { content, calls } = read(markupOf(source), text);
      expect({ text, content, called: calls.length > 0 }).toEqual({ text, content: "", called: true });
      for (const call of calls) expect({ text, fulfils: schemas[call.name]?.(call.arguments) }).toEqual({ text, fulfils: true });
      made += calls.length;
    }
    expect(made).toBeGreaterThan(0);
  });

  test("words go free until they open a call, which then must be one", () => {
    const grammar = grammarFor(HERMES, { required: false });
    const one = '<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>';
    for (const text of ["", "Hello < <tool <tool_cal", one, `Well, <<tool_call${one}`, `${one}\n${one}`]) expect({ text, taken: engine.accepts(grammar, text) }).toEqual({ text, taken: true });
    for (const text of ["<tool_call>hello", `${one} and more`, '<tool_call>\n{"name": "rm"', `<tool_call>${one}`]) expect({ text, taken: engine.accepts(grammar, text) }).toEqual({ text, taken: false });
    expect(engine.accepts(grammarFor(HERMES, { parallel: false }), `${one}\n${one}`)).toBe(false);
  });

  test("thinking may come before what is bound, and must where the prompt began it", () => {
    const bound = (begun: boolean) => answerGrammar({ reasoning: { open: "<think>", close: "</think>", begun }, calls: null, schema: { const: 1 } }, (_, make) => make());
    expect(["1", "<think>a</think>1", "<think>\n<</thin</think>\n\n1", "<think>1", "a1", "a</think>1"].map((text) => engine.accepts(bound(false), text))).toEqual([true, true, true, false, false, false]);
    expect(["1", "a</think>1", "</think>\n1"].map((text) => engine.accepts(bound(true), text))).toEqual([false, true, true]);
  });

  test("an answer in JSON or a call, where both were asked for", () => {
    const grammar = grammarFor(CHATML, { required: false, schema: { enum: ["yes", "no"] } });
    expect(['"yes"', '{"tool_calls": [{"name": "clock", "arguments": {}}]}', '{"response": "yes"}'].map((text) => engine.accepts(grammar, text))).toEqual([true, true, false]);
  });
});
