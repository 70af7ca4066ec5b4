import { MentorError } from "../../contract/errors.ts";

/** What ssh2 throws: a Node error code for sockets, a level of its own, a reason for channels. */
export interface Ssh2Error extends Error {
  level?: string;
  code?: string | number;
  reason?: number;
}

/** The server closed before it had said that it speaks SSH: sshd does this when it is overrun (MaxStartups). */
export function isTurnedAway(error: Ssh2Error): boolean {
  return error.code === "ECONNRESET" || /lost before handshake|ended by other party|before identification/i.test(error.message);
}

/** Why a connection could not be made, in the product's own words. */
export function connectFailure(error: Ssh2Error, label: string, user: string): MentorError {
  if (error instanceof MentorError) return error;
  const options = { cause: error };
  switch (error.code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
      return new MentorError("host-not-found", `The name of ${label} is not known.`, options);
    case "ECONNREFUSED":
      return new MentorError("host-refused", `${label} answers, but nothing listens on this port.`, options);
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EHOSTDOWN":
      return new MentorError("host-silent", `${label} cannot be reached (${error.code}).`, options);
  }
  if (error.level === "client-authentication") return new MentorError("key-rejected", `${label} does not let ${user} in with this key.`, options);
  if (error.level === "client-timeout") return new MentorError("host-silent", `${label} did not answer in time.`, options);
  if (isTurnedAway(error)) {
    return new MentorError("host-refused", `${label} closed the connection at once: it is too busy, or what listens there is not an SSH server.`, options);
  }
  if (/identification|protocol version|greeting|handshake failed/i.test(error.message) || error.level === "protocol") {
    return new MentorError("host-refused", `What listens at ${label} is not an SSH server that can be used.`, options);
  }
  return new MentorError("host-refused", `${label} could not be reached: ${error.message}.`, options);
}

export const lost = (label: string, cause?: unknown): MentorError =>
  new MentorError("host-lost", `The connection to ${label} was lost.`, { cause });
