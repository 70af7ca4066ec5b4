import { MentorError } from "../../contract/errors.ts";
import type { components } from "./api-types.ts";
import type { OperationName } from "./operations.ts";

type Problem = Partial<components["schemas"]["ErrorResponse"]>;

/** How Runpod words that nothing is free: it has no code for it. From its own answers and users' reports of them. */
const CAPACITY = /no longer any instances|not enough free gpus|does not have the resources to deploy|no (available )?(instances|capacity|machines)|(out of|insufficient) (stock|capacity)|could not be placed/i;

/** A rule that no other candidate would break less. */
const RULE = /mutually exclusive|exactly one of|is required|only supported|must (be|not)|not supported/i;

const OF_ONE_POD = new Set<OperationName>(["getPod", "deletePod", "podAction", "getPodLogs"]);

/** What an answer says that is no success. `text` is its body; never a secret. */
export function refusalOf(call: OperationName, status: number, text: string, waitMs: number | null): MentorError {
  const problem = parse(text);
  const detail = [problem.detail ?? problem.title ?? "", ...(problem.errors ?? [])].filter(Boolean).join("; ");
  const said = detail === "" ? `Runpod answered ${status}` : `Runpod answered: ${detail} (${status})`;
  const details = { status, ...(detail === "" ? {} : { detail }) };
  const rents = call === "createPod" || call === "podAction";
  switch (status) {
    case 401:
      return new MentorError("provider-key-rejected", `${said}.`, { details });
    case 402:
      return new MentorError("balance-empty", `${said}.`, { details });
    case 403:
      // Of a create it may be this card's pool that the account has no access to: the next one may do.
      if (call === "createPod") return new MentorError("no-capacity", `This card is not open to this key: ${said}.`, { details: { ...details, certain: false, forbidden: true } });
      return new MentorError("provider-key-rejected", `The key may not do this: ${said}.`, { details, advice: "Make an API key with read and write access in your Runpod account's settings and enter it here." });
    case 404:
      return new MentorError(OF_ONE_POD.has(call) ? "pod-gone" : "provider-refused", `${said}.`, { details });
    case 429:
      return new MentorError("provider-busy", `${said}.`, { details: { ...details, ...(waitMs === null ? {} : { retryAfterSeconds: Math.ceil(waitMs / 1000) }) } });
    case 400:
      if (rents && CAPACITY.test(detail)) return new MentorError("no-capacity", `${said}.`, { details: { ...details, certain: true } });
      // The API puts "a rule is broken" and "nothing is free" under one status, and says: try the next candidate.
      if (call === "createPod" && !RULE.test(detail)) return new MentorError("no-capacity", `${said}.`, { details: { ...details, certain: false } });
      return new MentorError("provider-refused", `${said}.`, { details });
    default:
      return status >= 500 || status === 408 ? new MentorError("provider-unreachable", `${said}.`, { details }) : new MentorError("provider-refused", `${said}.`, { details });
  }
}

function parse(text: string): Problem {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== "object" || said === null) return {};
    const { title, detail, errors } = said as Record<string, unknown>;
    return {
      ...(typeof title === "string" ? { title } : {}),
      ...(typeof detail === "string" ? { detail } : {}),
      ...(Array.isArray(errors) ? { errors: errors.filter((error) => typeof error === "string") } : {}),
    };
  } catch {
    return {};
  }
}
