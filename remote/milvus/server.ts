/**
 * How the real Milvus server is run on a host without Docker: one process with an embedded etcd,
 * files on the local disk, users enforced. As data, like Lite, so that the agent alone owns it.
 */
export interface ServerOptions {
  /** Python 3.8 or newer. */
  python: string;
  /** Path of `loopback_only.py`. */
  enclosure: string;
  /** Folder with the program `milvus`, its libraries and `settings`. */
  program: string;
  /** Folder that it keeps everything in; it makes it when missing. */
  dataDir: string;
  port: number;
  /** Asks nobody for a password, and lets root set a new one without the old. */
  unlocked?: boolean;
}

export interface ServerCommand {
  argv: readonly string[];
  /** To be added to the environment of the process. */
  env: Readonly<Record<string, string>>;
  stopSignal: "SIGTERM";
}

/** Milvus' own parts talk to each other over these, without asking who calls. */
const INNER_PORTS = ["ROOTCOORD_PORT", "DATACOORD_PORT", "QUERYCOORD_PORT", "INDEXCOORD_PORT", "QUERYNODE_PORT", "INDEXNODE_PORT", "DATANODE_PORT", "PROXY_INTERNALPORT", "METRICS_PORT"];

/** What is the same everywhere, as files beside the program. Without glog.conf it does not start. */
export const SERVER_SETTINGS = {
  "milvus.yaml": `etcd:
  log:
    level: warn
  use:
    embed: true
mq:
  type: rocksmq
log:
  level: warn
common:
  storageType: local
  gracefulStopTimeout: 5 # seconds; the default, half an hour, is what SIGTERM would take
  session:
    ttl: 3 # seconds for which the next server takes the one before for alive; it never gives its leases back
  security:
    authorizationEnabled: true
proxy:
  timeTickInterval: 100 # milliseconds; each read waits for the next tick. The default is 200
queryCoord:
  checkChannelInterval: 100 # milliseconds, as is all here; by these a new collection is taken up. The defaults are 1000, 1000 and 500
  checkSegmentInterval: 100
  distPullInterval: 100
quotaAndLimits:
  enabled: true # none is set; without it 2.3.5 waits for its quota loop for ever when it is stopped
`,
  "glog.conf": "--logtostderr=true\n--minloglevel=1\n",
} as const;

export function milvusServerCommand({ program, unlocked = false, ...options }: ServerOptions): ServerCommand {
  const { dataDir, port } = options;
  return {
    argv: enclosed(options, [`${program}/milvus`, "run", "standalone"]),
    // What differs from host to host comes from the environment, which counts before the files.
    env: {
      LD_LIBRARY_PATH: program,
      DEPLOY_MODE: "STANDALONE",
      MILVUSCONF: `${program}/settings`,
      PROXY_PORT: String(port),
      ETCD_DATA_DIR: `${dataDir}/etcd`,
      LOCALSTORAGE_PATH: `${dataDir}/data`,
      ROCKSMQ_PATH: `${dataDir}/rocksmq`,
      PYTHONNOUSERSITE: "1",
      ...(unlocked ? { COMMON_SECURITY_AUTHORIZATIONENABLED: "false", COMMON_SECURITY_SUPERUSERS: "root" } : {}),
    },
    stopSignal: "SIGTERM",
  };
}

/** A program that is reached over the loopback alone. */
export function enclosed({ python, enclosure, port }: Pick<ServerOptions, "python" | "enclosure" | "port">, program: readonly string[]): string[] {
  return [python, enclosure, `--port=${port}`, ...INNER_PORTS.map((name) => `--free=${name}`), "--leaves=/tmp/milvus/server_id_{pid}", "--", ...program];
}
