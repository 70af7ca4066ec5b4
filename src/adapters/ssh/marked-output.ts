import { Transform, type TransformCallback } from "node:stream";

/** What an account's start-up files may print before our program runs; more is no shell that can be used. */
const MAX_NOISE_BYTES = 2 ** 20;

/** Lets a program's output through from the line `MARK:PID` on; what came before was not the program's. */
export class MarkedOutput extends Transform {
  readonly #mark: Buffer;
  #noise: Buffer | undefined = Buffer.alloc(0);

  constructor(mark: string) {
    super();
    this.#mark = Buffer.from(`${mark}:`);
  }

  override _transform(data: Buffer, _encoding: string, done: TransformCallback): void {
    if (this.#noise === undefined) return done(null, data);
    this.#noise = Buffer.concat([this.#noise, data]);
    const start = this.#noise.indexOf(this.#mark);
    const end = start < 0 ? -1 : this.#noise.indexOf("\n", start);
    if (end < 0) return done(this.#noise.length > MAX_NOISE_BYTES ? new Error("the account's start-up files print without end") : null);
    const rest = this.#noise.subarray(end + 1);
    this.emit("pid", Number(this.#noise.toString("latin1", start + this.#mark.length, end)));
    this.#noise = undefined;
    return done(null, rest.length > 0 ? rest : undefined);
  }
}
