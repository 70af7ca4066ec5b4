import type { RunpodAccount } from "./account.ts";
import { answer, type ApiAnswer, type ApiRequest } from "./api.ts";
import { recognise } from "./description.ts";
import type { PodLogLine } from "./log.ts";

/** One request and its answer, with whatever goes wrong on the way; "cut" where the connection breaks. */
export async function exchange(account: RunpodAccount, request: ApiRequest, signal?: AbortSignal): Promise<ApiAnswer | "cut"> {
  const call = recognise(request.method, request.pathname)?.name;
  if (call === undefined) return answer(account, request);
  if (account.faults.takeOn("request-lost", call) !== null) return "cut";
  const said = answer(account, request);
  const slow = account.faults.takeOn("slow", call);
  if (slow !== null) await account.clock.sleep(slow.ms, signal);
  return said.status < 400 && account.faults.takeOn("answer-lost", call) !== null ? "cut" : said;
}

export const eventText = (line: PodLogLine): string => `id: ${line.ts}\ndata: ${JSON.stringify(line)}\n\n`;

/** Says the backlog, then what comes, until the listener has gone. Returns how to end it. */
export function follow({ log, backlog }: Extract<ApiAnswer, { log: unknown }>, write: (text: string) => void): () => void {
  for (const line of backlog === 0 ? [] : log.lines.slice(-backlog)) write(eventText(line));
  return log.listen((line) => write(eventText(line)));
}
