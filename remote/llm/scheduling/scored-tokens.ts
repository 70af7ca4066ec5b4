import type { EvaluationPriority, LlamaContextSequence, Token } from "node-llama-cpp";
import { draw, randomNumbers } from "./drawing.ts";
import type { Sampling, ScoredToken } from "./job.ts";

/**
 * Evaluates and yields a token at each `next()`, as `sequence.evaluate` does, and tells of each how
 * likely the model held it and what else.
 *
 * It is paid by whoever asks: the whole vocabulary's probabilities come into JavaScript for every
 * token.
 */
export async function* scoredTokens(sequence: LlamaContextSequence, prompt: Token[], sampling: Sampling, alternatives: number, evaluationPriority: EvaluationPriority): AsyncGenerator<ScoredToken, void> {
  const random = randomNumbers(sampling.seed);
  const answer: Token[] = [];
  const steps = sequence.evaluateWithMetadata(prompt, { probabilities: true }, { temperature: 0, yieldEogToken: true, evaluationPriority });
  try {
    for (let step = await steps.next(); step.done !== true; step = await steps.next(answer.at(-1))) {
      const { probabilities } = step.value;
      const token = draw(probabilities, sampling, answer, random);
      if (sequence.model.isEogToken(token)) return;
      answer.push(token);
      yield { token, logprob: Math.log(probabilities.get(token) ?? 0), alternatives: firstOf(probabilities, alternatives) };
    }
  } finally {
    await steps.return();
  }
}

function firstOf(probabilities: ReadonlyMap<Token, number>, count: number): ScoredToken["alternatives"] {
  const first: ScoredToken["alternatives"] = [];
  for (const [token, probability] of probabilities) {
    if (first.length >= count) break;
    first.push({ token, logprob: Math.log(probability) });
  }
  return first;
}
