import { MentorError } from "./errors.ts";
import { QUESTION_MAX_CHARACTERS } from "./limits.ts";

/** The question without the space around it. Throws `question-empty` and `question-too-long`. */
export function checkedQuestion(message: string): string {
  const question = message.trim();
  if (question === "") throw new MentorError("question-empty", "The question holds no words.");
  const characters = [...question].length;
  if (characters > QUESTION_MAX_CHARACTERS) {
    throw new MentorError("question-too-long", `The question has ${characters.toLocaleString("en")} characters; up to ${QUESTION_MAX_CHARACTERS.toLocaleString("en")} are possible.`);
  }
  return question;
}
