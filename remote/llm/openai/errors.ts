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
  /** Of a prompt over the context, by llama-server's names. */
  n_prompt_tokens?: number;
  n_ctx?: number;
  /** Of a full queue: what may wait, what waits, and the place that the request would have had. */
  queue?: { limit: number; waiting: number; position: number };
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
    const { retryAfter = null, ...body } = rest;
    const type = status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
    this.body = { message, type, param: null, code: null, ...body };
    this.retryAfter = retryAfter;
  }
}

/** Seconds after which a full queue is worth another try: where nothing was measured yet, and at most. */
const QUEUE_RETRY_SECONDS = { unmeasured: 5, most: 120 };

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof QueueFullError) return queueFull(error);
  if (error instanceof PromptTooLongError) {
    const { promptTokens, contextTokens, parameter } = error;
    return new ApiError(400, error.message, { param: parameter, code: "context_length_exceeded", n_prompt_tokens: promptTokens, n_ctx: contextTokens });
  }
  if (error instanceof TemplateError) return new ApiError(400, error.message, { param: "messages", code: "template_refused" });
  return new ApiError(500, error instanceof Error ? error.message : String(error), { code: "internal" });
}

function queueFull({ limit, waiting, ownWaiting, retryAfterSeconds }: QueueFullError): ApiError {
  const retryAfter = Math.ceil(Math.min(retryAfterSeconds ?? QUEUE_RETRY_SECONDS.unmeasured, QUEUE_RETRY_SECONDS.most));
  const own = ownWaiting === null || ownWaiting === waiting ? "" : `, ${ownWaiting} of them yours`;
  const message = `The queue is full: ${waiting} requests are waiting${own}, and ${limit} may. This would have been number ${waiting + 1}. Try again in ${retryAfter} s.`;
  return new ApiError(429, message, { code: "queue_full", retryAfter, queue: { limit, waiting, position: waiting + 1 } });
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
