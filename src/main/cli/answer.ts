import type { ChatAnswer } from "../../contract/chat.ts";
import { toCliAnswer } from "../../contract/cli.ts";
import { ERRORS, MentorError, type ErrorCode } from "../../contract/errors.ts";
import type { CoreClient } from "./core.ts";
import type { Output } from "./output.ts";

/** Asks the running session and shows the answer as it comes, then its sources. */
export async function askQuestion(client: CoreClient, question: string, output: Output): Promise<ChatAnswer> {
  let started = false;
  for await (const event of await client.chat.ask({ message: question }, { signal: output.terminal.interrupt })) {
    output.event(event);
    if (event.type === "token") {
      output.text(event.content);
      started = true;
    } else if (event.type === "error") {
      if (started) output.line();
      throw new MentorError(event.code in ERRORS ? (event.code as ErrorCode) : "answer-failed", event.message);
    } else if (event.type === "complete") {
      const { type: _, ...answer } = event;
      if (started) output.line();
      else output.line(answer.answer);
      describeSources(answer, output);
      return answer;
    }
  }
  throw new MentorError("answer-failed", "The answer broke off before its end.");
}

function describeSources(answer: ChatAnswer, output: Output): void {
  const { sources } = toCliAnswer(answer);
  if (sources.length === 0) return;
  output.line();
  output.line("Sources:");
  for (const [index, { file, section, page, score }] of sources.entries()) {
    const place = [page === null ? null : `page ${page}`, section === null ? null : `“${section}”`].filter((part) => part !== null);
    output.line(`  ${index + 1}. ${[file, ...place].join(", ")}  (${score.toFixed(2)})`);
  }
}
