import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { PromptTooLongError } from "../generation.ts";
import { TemplateError } from "../prompt/chat-template.ts";
import { QueueFullError } from "../scheduling/queue.ts";

export interface ErrorBody {
  message: string;
  type: "invalid_request_error" | "rate_limit_error" | "server_error";
  param: string | null;
  code: string | null;
}

/** A refusal in the shape that OpenAI's clients expect. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ContentfulStatusCode;
  readonly body: ErrorBody;
  /** Seconds. */
  readonly retryAfter: number | null;

  constructor(status: ContentfulStatusCode, message: string, rest: Partial<Omit<ErrorBody, "message">> & { retryAfter?: number } = {}) {
    super(message);
    this.status = status;
    const type = status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
    this.body = { message, type: rest.type ?? type, param: rest.param ?? null, code: rest.code ?? null };
    this.retryAfter = rest.retryAfter ?? null;
  }
}

/** Seconds after which a full queue is worth another try. */
const QUEUE_RETRY_SECONDS = 5;

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof QueueFullError) {
    return new ApiError(429, `All conversations are taken and ${error.limit} more are waiting; try again in a few seconds.`, { code: "queue_full", retryAfter: QUEUE_RETRY_SECONDS });
  }
  if (error instanceof PromptTooLongError) return new ApiError(400, error.message, { param: "messages", code: "context_length_exceeded" });
  if (error instanceof TemplateError) return new ApiError(400, error.message, { param: "messages", code: "template_refused" });
  return new ApiError(500, error instanceof Error ? error.message : String(error), { code: "internal" });
}

export function respond(context: Context, error: unknown): Response {
  const { status, body, retryAfter } = toApiError(error);
  if (retryAfter !== null) context.header("retry-after", String(retryAfter));
  return context.json({ error: body }, status);
}

/** @throws ApiError 400, naming the parameter */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const names = issue.keys.join(", ");
    throw new ApiError(400, `This server does not know the parameter ${names}, and the answer would differ without it.`, { param: issue.keys[0], code: "unsupported_parameter" });
  }
  const param = issue?.path.join(".") || null;
  throw new ApiError(400, param === null ? "The body is not a JSON object." : `${param}: ${issue?.message}`, { param, code: "invalid_value" });
}
