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

export async function* answer(question: string, pauseMs: number): AsyncGenerator<ChatEvent, void, void> {
  const base = { question, interaction_id: "i1", first_token_seconds: 0.42 };
  yield { type: "workflow", node: "retrieve", message: "Searching" };
  if (question.includes("weather")) {
    yield { type: "complete", ...base, answer: "I found nothing about the weather in your course material.", sources: [], nothing_found: true };
    return;
  }
  yield { type: "workflow", node: "generate", message: "Writing" };
  for (const word of ANSWER.split(/(?<= )/)) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    yield { type: "token", content: word };
  }
  yield { type: "complete", ...base, answer: ANSWER, sources: SOURCES, nothing_found: false };
}
