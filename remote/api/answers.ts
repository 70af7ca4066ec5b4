import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { MentorError, toErrorReport, type ErrorCode, type ErrorReport } from "../../src/contract/errors.ts";

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  "input-invalid": 400,
  "question-empty": 400,
  "question-too-long": 400,
  "course-missing": 400,
  "course-empty": 400,
  "course-unreadable": 422,
  "course-other-model": 409,
  "backup-missing": 404,
  "backup-running": 409,
  "upload-failed": 409,
  "upload-corrupt": 422,
  "disk-full": 507,
  "answer-failed": 502,
  "search-failed": 502,
  "ingest-failed": 502,
};

/** `detail` is where the original's clients look for the message. */
export function errorAnswer(context: Context, thrown: unknown): Response {
  const error: ErrorReport = toErrorReport(thrown);
  return context.json({ error, detail: error.message }, STATUS[error.code] ?? 500);
}

/** The request's JSON in the shape that was agreed. @throws MentorError input-invalid */
export async function bodyOf<Schema extends z.ZodType>(context: Context, schema: Schema): Promise<z.infer<Schema>> {
  let body: unknown;
  try {
    body = await context.req.json();
  } catch (error) {
    throw new MentorError("input-invalid", "The request is not JSON.", { cause: error });
  }
  return parsed(body, schema);
}

/** @throws MentorError input-invalid */
export function parsed<Schema extends z.ZodType>(value: unknown, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new MentorError("input-invalid", `The request is not as expected: ${path.join(".") || "it"}: ${message}`);
}

/** Events as lines of JSON. When the reader goes away, `work` is aborted at once. */
export function ndjson<Event>(request: Request, work: (signal: AbortSignal) => AsyncIterable<Event>): Response {
  const gone = new AbortController();
  const events = work(AbortSignal.any([gone.signal, request.signal]))[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const line = (value: unknown) => encoder.encode(`${JSON.stringify(value)}\n`);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = await events.next();
        if (done) controller.close();
        else controller.enqueue(line(value));
      } catch (error) {
        controller.enqueue(line({ type: "error", error: toErrorReport(error) }));
        controller.close();
      }
    },
    cancel: () => gone.abort(),
  });
  return new Response(body, { headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" } });
}
