import { on } from "node:events";
import { WebSocket } from "ws";
import type { ChatEvent, ChatRequest } from "../../contract/chat.ts";
import { ERRORS, MentorError, type ErrorCode } from "../../contract/errors.ts";
import { lost, type MentorAddress } from "./http.ts";

/** One question over its own WebSocket: closing it is what ends the model's work. */
export async function* askOver({ url, key }: MentorAddress, request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  if (signal.aborted) throw lost(signal.reason, signal);
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/chat`, { headers: { authorization: `Bearer ${key}` }, handshakeTimeout: 15_000 });
  // `on` listens from the first moment, so that nothing is missed, and ends when the socket closes.
  const messages = on(socket, "message", { signal, close: ["close"] });
  socket.once("open", () => socket.send(JSON.stringify(request)));
  try {
    for await (const [data] of messages) {
      const event = JSON.parse(String(data)) as ChatEvent;
      if (event.type === "error") throw new MentorError(knownCode(event.code), event.message);
      yield event;
      if (event.type === "complete") return;
    }
  } catch (error) {
    throw lost(error, signal);
  } finally {
    // Closing before the handshake is over makes the socket report an error that nobody needs.
    socket.on("error", () => {});
    socket.terminate();
  }
  throw new MentorError("host-lost", "The mentor on the host broke off in the middle of an answer.");
}

const knownCode = (code: string): ErrorCode => (Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "answer-failed");
