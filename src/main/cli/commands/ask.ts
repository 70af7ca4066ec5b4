import { toCliAnswer } from "../../../contract/cli.ts";
import { askQuestion } from "../answer.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";

export async function ask(question: string, { output, connect }: CommandContext): Promise<void> {
  const answer = await withCore(connect, (client) => askQuestion(client, question, output));
  output.result("ask", { question: answer.question, answer: toCliAnswer(answer), nothingFound: answer.nothing_found, firstTokenSeconds: answer.first_token_seconds });
}
