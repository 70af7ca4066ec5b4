import { expect, test } from "vitest";
import { hasMath, toDoubleDollars } from "../../src/renderer/chat/math-text.ts";

test.each([
  ["The loss $L = x^2$ falls.", "The loss $$L = x^2$$ falls."],
  ["Inline \\(a + b\\) too.", "Inline $$a + b$$ too."],
  ["\\[\\frac{1}{2}\\]", "\n$$\n\\frac{1}{2}\n$$\n"],
  ["$$x$$ stays.", "$$x$$ stays."],
  ["Between $a$ and $b$.", "Between $$a$$ and $$b$$."],
])("formulas come in one form: %s", (written, expected) => {
  expect(toDoubleDollars(written)).toBe(expected);
  expect(hasMath(toDoubleDollars(written))).toBe(true);
});

test.each(["It costs $5 and $10.", "Use `$HOME` and `$PATH`.", "```sh\necho $HOME $PATH\n```", "```py\nx = '$a$'", "An escaped \\$a$ is no formula.", "From $20 to 30$5."])("prices and code stay as they are: %s", (written) => {
  expect(toDoubleDollars(written)).toBe(written);
});
