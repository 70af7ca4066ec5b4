import type { SFTPWrapper } from "ssh2";
import { MentorError } from "../../contract/errors.ts";
import type { HostLane, HostProcess, HostStream, LaneFile } from "../../core/ports.ts";
import type { SshConnection } from "./connection.ts";
import type { LanePool } from "./lane-pool.ts";

/** OpenSSH takes 261,120 bytes in one write; more costs a second round trip. */
const SFTP_WRITE_BYTES = 255 * 1024;

/** A connection of its own for bulk data. */
export class SshLane implements HostLane {
  readonly #connection: SshConnection;
  readonly #pool: LanePool;

  constructor(connection: SshConnection, pool: LanePool) {
    this.#connection = connection;
    this.#pool = pool;
  }

  get roundTripMs(): number {
    return this.#connection.roundTripMs;
  }

  spawn(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess> {
    return this.#connection.spawnPaced(argv, signal);
  }

  connect(path: string): Promise<HostStream> {
    return this.#connection.connectSocket(path);
  }

  async openFile(path: string, flags: "r+" | "w"): Promise<LaneFile> {
    const sftp = await this.#connection.sftp();
    const call = <Value>(at: string, start: Start<Value>) => ask(this.#connection, at, start);
    const handle = await call<Buffer>(path, (done) => sftp.open(path, flags === "w" ? "w+" : flags, 0o600, done));
    return {
      async write(bytes, position) {
        const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const pieces = Array.from({ length: Math.ceil(data.length / SFTP_WRITE_BYTES) }, (_, index) => index * SFTP_WRITE_BYTES);
        await Promise.all(
          pieces.map((start) => {
            const length = Math.min(SFTP_WRITE_BYTES, data.length - start);
            return call<void>(path, (done) => sftp.write(handle, data, start, length, position + start, done));
          }),
        );
      },
      read: (length, position) => readFully(call, sftp, handle, path, length, position),
      close: async () => {
        await call<void>(path, (done) => sftp.close(handle, done));
        sftp.end();
      },
    };
  }

  async release(): Promise<void> {
    this.#pool.give(this.#connection);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

async function readFully(call: <Value>(path: string, start: Start<Value>) => Promise<Value>, sftp: SFTPWrapper, handle: Buffer, path: string, length: number, position: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = await call<number>(path, (callback) =>
      sftp.read(handle, buffer, done, Math.min(SFTP_WRITE_BYTES, length - done), position + done, (error, bytes) => {
        const atEnd = (error as { code?: number } | undefined)?.code === 1;
        callback(atEnd ? undefined : error, atEnd ? 0 : bytes);
      }),
    );
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}

type Start<Value> = (done: (error: Error | undefined | null, value?: Value) => void) => unknown;

function ask<Value>(connection: SshConnection, path: string, start: Start<Value>): Promise<Value> {
  return connection.whileOpen((resolve, reject) => {
    start((error, value) => {
      if (error) reject(new MentorError("upload-failed", `The host could not access ${path}: ${error.message}.`, { cause: error }));
      else resolve(value as Value);
    });
  });
}
