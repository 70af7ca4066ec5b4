import { toCliAnswer, type StepTiming } from "../../../contract/cli.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { SessionSnapshot } from "../../../contract/session.ts";
import type { Stick } from "../../../contract/stick.ts";
import { PRACTICE_QUESTIONS } from "../../../adapters/practice/course.ts";
import { askQuestion } from "../answer.ts";
import type { CommandContext } from "../command.ts";
import { withCore, type CoreClient } from "../core.ts";
import type { Output } from "../output.ts";
import { createProgressView } from "../progress-view.ts";
import { runToReady, stopSession } from "../run-session.ts";
import { stepTimings } from "../session-state.ts";
import { formatSeconds } from "../units.ts";

const [{ question: QUESTION }] = PRACTICE_QUESTIONS;

/** The whole job on this computer: a stick, a session, a question, the answer, and the end. */
export async function practice({ output, connect }: CommandContext): Promise<void> {
  await withCore(connect, async (client) => {
    const stick = await makeStick(client, output);
    const session = await runToReady(client, { stick: stick.path, host: { kind: "local" } }, output);
    let stopped = false;
    try {
      output.line();
      output.line(output.colors.bold(QUESTION));
      const answer = await askQuestion(client, QUESTION, output);
      const steps = stepTimings(session);
      describeTimings(session, steps, answer.first_token_seconds, output);
      await stopSession(client, output);
      stopped = true;
      output.line("The session has stopped; the practice stick is kept.");
      output.result("practice", { ready: true, stick: stick.path, steps, firstTokenSeconds: answer.first_token_seconds, answer: toCliAnswer(answer) });
    } finally {
      // The first failure is the one to tell; the session is ended all the same.
      if (!stopped) await stopSession(client, output).catch(() => undefined);
    }
  });
}

async function makeStick(client: CoreClient, output: Output): Promise<Stick> {
  const view = createProgressView(output, "Make the practice stick");
  try {
    for await (const event of await client.sticks.makePractice(undefined, { signal: output.terminal.interrupt })) {
      output.event(event);
      if (event.type === "progress") view.update(event.progress);
      else return event.stick;
    }
  } finally {
    view.finish();
  }
  throw new MentorError("stick-missing", "The practice stick was not made to its end.");
}

function describeTimings({ steps: states }: SessionSnapshot, steps: StepTiming[], firstTokenSeconds: number, output: Output): void {
  const first = Math.min(...steps.map(({ startedAt }) => Date.parse(startedAt)));
  const row = (title: string, from: string, took: string) => output.line(`  ${title.padEnd(30)}${from.padStart(10)}${took.padStart(12)}`);
  output.line();
  row("Step", "began at", "took");
  for (const { id, startedAt, seconds } of steps) row(states.find((step) => step.id === id)?.title ?? id, formatSeconds((Date.parse(startedAt) - first) / 1000), formatSeconds(seconds));
  row("First token of the answer", "", formatSeconds(firstTokenSeconds));
  output.line();
}
