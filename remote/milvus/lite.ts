import { connect } from "node:net";

/**
 * How Milvus Lite is run on a host: as data, so that the agent alone owns the process. Lite keeps
 * its rows through a kill, but only an interrupt closes its files in order.
 */
export interface LiteOptions {
  /** Python 3.10 or newer. */
  python: string;
  /** Folder with the `milvus-lite` and `pymilvus` packages, as `pip install --target` leaves it. */
  packages: string;
  /** Folder that Lite keeps its data in; it makes it when missing. */
  dataDir: string;
  port: number;
}

export interface LiteCommand {
  argv: readonly string[];
  /** To be added to the environment of the process. */
  env: Readonly<Record<string, string>>;
  stopSignal: "SIGINT";
}

export function milvusLiteCommand({ python, packages, dataDir, port }: LiteOptions): LiteCommand {
  return {
    // Its default host is every interface, and it enforces no token: the loopback must be named.
    // `=` keeps a folder that begins with a dash from being taken as an option.
    argv: [python, "-m", "milvus_lite", "server", `--data-dir=${dataDir}`, "--host=127.0.0.1", `--port=${port}`],
    // A host's own Python settings must not mix with the packages that we brought.
    env: { PYTHONPATH: packages, PYTHONNOUSERSITE: "1", PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
    stopSignal: "SIGINT",
  };
}

/**
 * Whether something on the port speaks HTTP/2, as a gRPC server does: the preface is answered with
 * a SETTINGS frame. It needs no gRPC library, so that the agent stays small. Never rejects.
 */
export function probeMilvus(port: number, timeoutMs = 2000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    let seen = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => answer(false));
    socket.on("error", () => answer(false));
    socket.on("close", () => answer(false));
    socket.on("connect", () => socket.write(Buffer.concat([PREFACE, EMPTY_SETTINGS])));
    socket.on("data", (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      if (seen.length >= 9) answer(seen[3] === SETTINGS_FRAME);
    });
  });
}

const SETTINGS_FRAME = 4;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, SETTINGS_FRAME, 0, 0, 0, 0, 0]);
