import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { MILVUS_IMAGE } from "../../src/contract/milvus.ts";

/**
 * The official stack where the host has Docker: etcd, MinIO and the standalone server, which is pinned
 * by content, with their data in `volumes/` beside the file. As data; the agent raises it.
 */
export interface ComposeOptions {
  /** The folder `volumes`; beside it lie `docker-compose.yml`, `milvus.yaml` and `.env`. */
  dataDir: string;
  port: number;
}

/** Releases of their makers, by tag. */
const ETCD_IMAGE = "quay.io/coreos/etcd:v3.5.25";
const MINIO_IMAGE = "minio/minio:RELEASE.2024-12-18T13-15-44Z";

/** The files of the stack by name. The passwords are in `.env` (0600), in no argument and in no other file. */
export function composeFiles({ dataDir, port }: ComposeOptions, secrets: { minio: string }): Record<string, string> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`${port} is no port.`);
  if (!/^[\w-]{16,64}$/.test(secrets.minio)) throw new RangeError("The password of MinIO has 16 to 64 letters, digits, _ or -.");
  return {
    ".env": `MINIO_PASSWORD=${secrets.minio}\n`,
    "milvus.yaml": `etcd:
  endpoints: etcd:2379
minio:
  address: minio
  port: 9000
common:
  security:
    authorizationEnabled: true
`,
    "docker-compose.yml": `name: ${projectOf(dataDir)}
services:
  etcd:
    image: ${ETCD_IMAGE}
    environment:
      ETCD_AUTO_COMPACTION_MODE: revision
      ETCD_AUTO_COMPACTION_RETENTION: "1000"
      ETCD_QUOTA_BACKEND_BYTES: "4294967296"
    volumes: ["./volumes/etcd:/etcd"]
    command: etcd -advertise-client-urls=http://etcd:2379 -listen-client-urls http://0.0.0.0:2379 --data-dir /etcd
    healthcheck: { test: ["CMD", "etcdctl", "endpoint", "health"], interval: 10s, timeout: 10s, retries: 10 }
  minio:
    image: ${MINIO_IMAGE}
    environment:
      MINIO_ROOT_USER: ai-mentor
      MINIO_ROOT_PASSWORD: \${MINIO_PASSWORD}
    volumes: ["./volumes/minio:/minio_data"]
    command: minio server /minio_data
    healthcheck: { test: ["CMD", "curl", "-f", "http://localhost:9000/minio/health/live"], interval: 10s, timeout: 10s, retries: 10 }
  standalone:
    image: ${MILVUS_IMAGE.name}@${MILVUS_IMAGE.digest}
    command: ["milvus", "run", "standalone"]
    environment:
      MINIO_ACCESS_KEY_ID: ai-mentor
      MINIO_SECRET_ACCESS_KEY: \${MINIO_PASSWORD}
    volumes: ["./volumes/milvus:/var/lib/milvus", "./milvus.yaml:/milvus/configs/user.yaml:ro"]
    ports: ["127.0.0.1:${port}:19530"]
    depends_on: { etcd: { condition: service_healthy }, minio: { condition: service_healthy } }
`,
  };
}

const COMMANDS = {
  pull: ["pull", "--quiet"],
  // In the foreground: what its containers say is heard, and the end of one ends all, as a service's end.
  up: ["up", "--no-color", "--abort-on-container-exit"],
  down: ["down", "--remove-orphans"],
} as const;

/** Commands by argument vector. */
export function composeCommand({ dataDir }: Pick<ComposeOptions, "dataDir">, action: keyof typeof COMMANDS): readonly string[] {
  const folder = dirname(dataDir);
  return ["docker", "compose", "--project-directory", folder, "--file", `${folder}/docker-compose.yml`, ...COMMANDS[action]];
}

/** Docker knows a stack by its name: one of two users of a computer must not be the other's. */
const projectOf = (dataDir: string): string => `ai-mentor-milvus-${createHash("sha256").update(dataDir).digest("hex").slice(0, 8)}`;
