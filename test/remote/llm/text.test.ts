import { expect, test } from "vitest";
import { Outbox } from "../../../remote/llm/text/outbox.ts";
import { StopScanner } from "../../../remote/llm/text/stop-scanner.ts";
import { TokenBytes } from "../../../remote/llm/text/token-bytes.ts";

/** What is let through of a text that comes one character at a time. */
function scanned(text: string, stops: string[]): { shown: string; stopped: boolean; atOnce: string[] } {
  const scanner = new StopScanner(stops);
  const atOnce: string[] = [];
  for (const character of text) {
    const piece = scanner.push(character);
    atOnce.push(piece.text);
    if (piece.stopped) return { shown: atOnce.join(""), stopped: true, atOnce };
  }
  return { shown: atOnce.join("") + scanner.flush(), stopped: false, atOnce };
}

test("lets nothing of a stop string through, wherever the pieces are cut", () => {
  expect(scanned("one END two", ["END"])).toMatchObject({ shown: "one ", stopped: true });
  expect(scanned("aabaabaac", ["aabaac"])).toMatchObject({ shown: "aab", stopped: true });
  expect(new StopScanner(["b", "ab"]).push("xxab")).toEqual({ text: "xx", stopped: true });
});

test("gives back what only looked like the beginning of one", () => {
  expect(scanned("E, EN, EN D and EN", ["END"])).toMatchObject({ shown: "E, EN, EN D and EN", stopped: false });
});

test("holds nothing back that cannot be the beginning of one", () => {
  expect(scanned("abc", ["zz"]).atOnce).toEqual(["a", "b", "c"]);
});

test("an outbox keeps the order, and the error comes after what was put in before it", async () => {
  const outbox = new Outbox<number>();
  outbox.put(1);
  const read: number[] = [];
  const reading = (async () => {
    for await (const item of outbox) read.push(item);
  })();
  await Promise.resolve();
  outbox.put(2);
  outbox.put(3);
  outbox.close(new Error("engine gone"));
  await expect(reading).rejects.toThrow("engine gone");
  expect(read).toEqual([1, 2, 3]);
});

test("a SentencePiece vocabulary, as Mistral's, spells spaces and single bytes in its own way", () => {
  const tokens = ["<unk>", "<s>", "<0xE2>", "<0x0A>", "\u2581Gr\u00fc\u00dfe", "[INST]"];
  const model = { fileInfo: { metadata: { tokenizer: { ggml: { model: "llama", tokens, token_type: [2, 3, 6, 6, 1, 4] } } } } };
  const bytes = new TokenBytes(model as never);
  const of = (token: number) => bytes.of(token as never);
  expect([...of(2)]).toEqual([0xe2]);
  expect([...of(3)]).toEqual([10]);
  expect(of(4).toString()).toBe(" Gr\u00fc\u00dfe");
  expect([of(1), of(5)].map(String)).toEqual(["<s>", "[INST]"]);
});
