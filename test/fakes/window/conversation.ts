import type { KeptConversation } from "../../../src/contract/window.ts";
import type { ChatEvent, ChatSource } from "../../../src/contract/chat.ts";

export const SOURCES: ChatSource[] = [
  { score: 0.83, metadata: { file: "lecture-04-backpropagation.pdf", section: "The chain rule, backwards", page: 12, passage: 31 }, text: "Backpropagation applies the chain rule from the loss back to every weight. Each layer receives the gradient of its output and hands on the gradient of its input, so that the cost of all gradients is about that of one forward pass." },
  { score: 0.71, metadata: { file: "exercises/week 4.md", section: "Warm-up", page: null, passage: 3 }, text: "Compute by hand the gradient of a network with one hidden unit. Compare with finite differences." },
  { score: 0.58, metadata: { file: "glossary.txt", section: null, page: null, passage: 8 }, text: "Gradient: the vector of partial derivatives." },
];

export const ANSWER = `**Backpropagation** computes how much each weight contributed to the error, starting at the loss and going *backwards* layer by layer.

1. Run the network forwards and keep every layer's output.
2. At the end, take the derivative of the loss.
3. Hand it back: each layer multiplies by its own derivative (the chain rule).

| Pass | Cost |
|---|---|
| forward | 1 × |
| backward | about 2 × |

\`\`\`python
grad_w = x.T @ grad_out
grad_x = grad_out @ w.T
\`\`\`

So all gradients together cost about as much as two more forward passes.`;

export const MATH_ANSWER = `The loss of one example is $L = \\tfrac{1}{2}(y - \\hat{y})^2$, so its derivative is

\\[\\frac{\\partial L}{\\partial w_i} = (\\hat{y} - y)\\,x_i\\]

A book that costs $5 and one that costs $10 stay prices.`;

export const CONVERSATIONS: KeptConversation[] = ["How does backpropagation work?", "What is a loss function, and why is the square so common in it?", "Which chapter should I read first?"].map((title, index) => ({
  id: `00000000-0000-4000-8000-00000000000${index}`,
  title,
  updatedAt: new Date(Date.UTC(2026, 10, 23 - index, 9, 12)).toISOString(),
  exchanges: [{ id: `e${index}`, question: title, answer: ANSWER, sources: SOURCES, state: "done", nothingFound: false, firstTokenSeconds: 0.4, leftOut: null, problem: null }],
}));

export async function* answer(question: string, pauseMs: number): AsyncGenerator<ChatEvent, void, void> {
  const base = { question, interaction_id: "i1", first_token_seconds: 0.42 };
  yield { type: "workflow", node: "retrieve", message: "Searching" };
  if (question.includes("weather")) {
    yield { type: "complete", ...base, answer: "I found nothing about the weather in your course material.", sources: [], nothing_found: true };
    return;
  }
  const words = question.includes("gradient") ? MATH_ANSWER : ANSWER;
  yield { type: "workflow", node: "generate", message: "Writing" };
  for (const word of words.split(/(?<= )/)) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    yield { type: "token", content: word };
  }
  yield { type: "complete", ...base, answer: words, sources: SOURCES, nothing_found: false, ...(words === MATH_ANSWER ? { left_out: { turns: true, passages: 0 } } : {}) };
}

/** Each word tells when it was sent. As long as the longest answer, then the next paragraph begins anew. */
export async function* endlessAnswer(pauseMs: number, signal: AbortSignal | undefined): AsyncGenerator<ChatEvent, void, void> {
  yield { type: "workflow", node: "generate", message: "Writing" };
  for (let word = 0; word < 600; word += 1) {
    signal?.throwIfAborted();
    yield { type: "token", content: word % 40 === 39 ? `@${Date.now()}.\n\n` : `@${Date.now()} ` };
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
