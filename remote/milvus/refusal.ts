import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusTarget } from "../../src/contract/milvus.ts";

/** gRPC's numbers for what stands in the way before a question is read. */
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
const UNTRUSTED = /certificate|self.signed|unable to (verify|get)/i;

/** Why a Milvus cannot be used, as precisely as its answer says. */
export function refusal(error: unknown, { address, token }: MilvusTarget): MentorError {
  if (error instanceof MentorError && error.code !== "search-failed") return error;
  const { code, message } = innermost(error);
  const reason = token ? message.replaceAll(token, "…") : message;
  if (UNTRUSTED.test(reason)) return new MentorError("endpoint-untrusted", `The certificate of ${address} is not trusted: ${reason}.`);
  // Some versions answer with a status of their own instead.
  if (code === UNAUTHENTICATED || /auth check failure|missing authorization|unauthenticated|permission deny|PermissionDenied/i.test(reason)) {
    const command = "ai-mentor secret set milvus";
    return token
      ? new MentorError("endpoint-key-rejected", `Milvus at ${address} does not accept the token that is kept for it, or the token may not do what is needed (${reason}).`, { advice: `Enter the right token (in a terminal: ${command}), then press Retry.` })
      : new MentorError("endpoint-key-rejected", `Milvus at ${address} asks for a token, and none is kept (${reason}).`, { advice: `Enter its token (in a terminal: ${command}), then press Retry.` });
  }
  if (code === UNAVAILABLE || /ECONN|ENOTFOUND|deadline/i.test(reason)) return new MentorError("endpoint-unreachable", `Milvus at ${address} cannot be reached from the host: ${reason}.`);
  if (code === UNIMPLEMENTED) return new MentorError("store-lacking", `What answers at ${address} is no Milvus, or one that is too old: ${reason}.`);
  return new MentorError("store-lacking", `Milvus at ${address} did not do what a course needs: ${reason}.`, { cause: error });
}

function innermost(error: unknown): { code?: number; message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  return error.cause instanceof Error ? innermost(error.cause) : { code: (error as { code?: number }).code, message: error.message };
}
