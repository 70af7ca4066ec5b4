import { expect, test } from "vitest";
import { printable } from "../../../src/main/cli/printable.ts";

test("a name cannot move the cursor, clear the screen or set the window's title", () => {
  expect(printable("a\u001B[2Jb\u001B]0;title\u0007c\rd\u009Be")).toBe(String.raw`a\x1b[2Jb\x1b]0;title\x07c\x0dd\x9be`);
});

test("text, lines, tabs and colours pass as they are", () => {
  const text = "Übung 模型\teins\n\u001B[1m\u001B[38;5;2mbold green\u001B[39m\u001B[22m";
  expect(printable(text)).toBe(text);
});
