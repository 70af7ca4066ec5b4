import { ERRORS, fromErrorReport, MentorError, type ErrorReport } from "../../contract/errors.ts";

export interface MentorAddress {
  /** `http://127.0.0.1:8000` */
  url: string;
  /** The session's bearer key. */
  key: string;
}

/** One call of the API. @throws MentorError as the API reports it, host-lost, cancelled */
export async function call({ url, key }: MentorAddress, method: string, path: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`${url}${path}`, { ...init, method, headers: { ...init.headers, authorization: `Bearer ${key}` } });
  } catch (error) {
    throw lost(error, init.signal);
  }
  if (answer.ok) return answer;
  throw refusal(answer.status, await answer.text().catch(() => ""));
}

/** What went wrong on the way, as opposed to what the API says. */
export function lost(error: unknown, signal?: AbortSignal | null): MentorError {
  if (error instanceof MentorError) return error;
  if (signal?.aborted) return new MentorError("cancelled", "The work was cancelled.", { cause: error });
  return new MentorError("host-lost", "The mentor on the host does not answer.", { cause: error });
}

function refusal(status: number, text: string): MentorError {
  const report = reportIn(text);
  if (report !== null) return fromErrorReport(report);
  if (status === 401 || status === 403) return new MentorError("internal", "The mentor on the host does not accept this session's key.");
  return new MentorError("internal", `The mentor on the host answered ${status}.`);
}

function reportIn(text: string): ErrorReport | null {
  try {
    const { error } = JSON.parse(text) as { error?: ErrorReport };
    return error !== undefined && Object.hasOwn(ERRORS, error.code) ? error : null;
  } catch {
    return null;
  }
}
