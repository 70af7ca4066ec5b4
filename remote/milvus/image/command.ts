import { existsSync } from "node:fs";
import { enclosed, type ServerCommand, type ServerOptions } from "../server.ts";

/** Where the official image has what it runs, and where Ubuntu, of which it is made, has its libraries. */
const PROGRAM = "milvus/bin/milvus";
const SETTINGS = "milvus/configs";
const LOADER = "lib64/ld-linux-x86-64.so.2";
const LIBRARIES = ["milvus/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib"];
const ALLOCATOR = "milvus/lib/libjemalloc.so";

/**
 * How the server of an unpacked image is run: by the image's own loader with the image's own
 * libraries, so that nothing depends on the host's, and without becoming root or changing the root
 * folder. The image's settings count, but for what is said here, as the environment goes before them.
 */
export function milvusImageCommand({ program: root, unlocked = false, ...options }: ServerOptions): ServerCommand {
  const { dataDir, port } = options;
  const at = (path: string) => `${root}/${path}`;
  // Of the server alone: the host's Python, which runs before it, must not get the image's libraries.
  const loader = [at(LOADER), "--library-path", LIBRARIES.map(at).join(":"), ...(existsSync(at(ALLOCATOR)) ? ["--preload", at(ALLOCATOR)] : [])];
  return {
    argv: enclosed(options, [...loader, at(PROGRAM), "run", "standalone"]),
    env: {
      DEPLOY_MODE: "STANDALONE",
      MILVUSCONF: at(SETTINGS),
      PROXY_PORT: String(port),
      ETCD_USE_EMBED: "true",
      ETCD_DATA_DIR: `${dataDir}/etcd`,
      COMMON_STORAGETYPE: "local",
      LOCALSTORAGE_PATH: `${dataDir}/data`,
      // What newer versions take by default keeps its part in an object store, which is not here.
      MQ_TYPE: "rocksmq",
      ROCKSMQ_PATH: `${dataDir}/rocksmq`,
      COMMON_SECURITY_AUTHORIZATIONENABLED: String(!unlocked),
      ...(unlocked ? { COMMON_SECURITY_SUPERUSERS: "root" } : {}),
      // For the same reasons as in SERVER_SETTINGS.
      COMMON_GRACEFULSTOPTIMEOUT: "5",
      COMMON_SESSION_TTL: "10",
      QUOTAANDLIMITS_ENABLED: "true",
      LOG_LEVEL: "warn",
      MALLOC_CONF: "background_thread:true",
      PYTHONNOUSERSITE: "1",
    },
    stopSignal: "SIGTERM",
  };
}
