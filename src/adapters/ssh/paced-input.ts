import type { Socket } from "node:net";
import { Writable } from "node:stream";
import type { ClientChannel } from "ssh2";

/**
 * A program's input that takes bytes as fast as the line does. A channel of ssh2 only minds SSH's
 * window: of dozens of connections each would hold 2 MiB, encrypted, in this process. Here a write
 * is called back when the kernel has it.
 */
export class PacedInput extends Writable {
  readonly #channel: ClientChannel;
  readonly #socket: Socket;
  /** The write that is under way; `encrypted` when all of it has gone to the socket. */
  #write: { encrypted: boolean; done(error?: Error): void } | undefined;

  constructor(channel: ClientChannel, socket: Socket) {
    super({ highWaterMark: 1 });
    this.#channel = channel;
    this.#socket = socket;
    this.on("error", () => {}); // each write tells of it
    socket.on("drain", this.#onDrain);
    channel.once("close", () => {
      socket.off("drain", this.#onDrain);
      this.#settle(new Error("the channel is closed"));
      this.destroy();
    });
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const write = { encrypted: false, done };
    this.#write = write;
    this.#channel.write(bytes, () => {
      write.encrypted = true;
      if (!this.#socket.writableNeedDrain) this.#settle();
    });
  }

  override _final(done: (error?: Error) => void): void {
    this.#channel.end();
    done();
  }

  readonly #onDrain = () => {
    if (this.#write?.encrypted) this.#settle();
  };

  #settle(error?: Error): void {
    const write = this.#write;
    this.#write = undefined;
    write?.done(error);
  }
}
