/**
 * The official stack where the host has Docker: etcd, MinIO and the standalone server, each pinned by
 * content, with their data in `volumes/` beside the file. Data: nothing here starts it. Not proven on
 * a host with Docker yet (docs/decisions/0005-milvus.md).
 */
export interface ComposeOptions {
  /** Folder that holds `docker-compose.yml`, `milvus.yaml`, `.env` and `volumes/`. */
  folder: string;
  port: number;
}

/** Image of the server: index of v3.0.0. A wrong content is refused by whoever fetches it. */
export const MILVUS_IMAGE = { name: "docker.io/milvusdb/milvus", version: "v3.0.0", digest: "sha256:49371c30af46b1013e4d3e0b980e691d81376d69cdbe1b372725baf1d7255862" } as const;
const ETCD_IMAGE = "quay.io/coreos/etcd:v3.5.25";
const MINIO_IMAGE = "minio/minio:RELEASE.2024-12-18T13-15-44Z";

/** The files of the stack by name. The passwords are in `.env` (0600), in no argument and in no other file. */
export function composeFiles({ port }: Pick<ComposeOptions, "port">, secrets: { minio: string }): Record<string, string> {
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
    "docker-compose.yml": `name: ai-mentor-milvus
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

/** Commands by argument vector; the stack belongs to its folder alone. */
export function composeCommand({ folder }: Pick<ComposeOptions, "folder">, action: "up" | "stop" | "down"): readonly string[] {
  const words = { up: ["up", "--detach", "--wait"], stop: ["stop"], down: ["down"] } as const;
  return ["docker", "compose", "--project-directory", folder, "--file", `${folder}/docker-compose.yml`, ...words[action]];
}
