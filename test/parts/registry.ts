import { createServer } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";

/** A registry of container images on this computer's loopback, with one image from an OCI layout. It knows what a pull asks for, and nothing else. */
export interface RegistryPart {
  /** `127.0.0.1:PORT/milvusdb/milvus` */
  name: string;
  /** To be set as HOME: there skopeo finds that it may ask it without TLS. */
  home: string;
  /** Digests of what was sent whole, in order. */
  sent: string[];
  /** The line breaks in the middle of this one, every time; null: never. */
  breaksAt: string | null;
  /** In the middle of this one nothing more comes, and the line stays up; null: never. */
  hangsAt: string | null;
  close(): Promise<void>;
}

const NAME = "milvusdb/milvus";

export async function startRegistry(layout: string): Promise<RegistryPart> {
  const server = createServer((request, response) => {
    const [, kind, hex] = new RegExp(`^/v2/${NAME}/(manifests|blobs)/sha256:([0-9a-f]{64})$`).exec(request.url!) ?? [];
    if (request.method === "GET" && request.url === "/v2/") return void response.end("{}");
    let content: Buffer;
    try {
      if (request.method !== "GET" || hex === undefined) throw new Error("not a pull by digest");
      content = readFileSync(join(layout, "blobs", "sha256", hex));
    } catch {
      return void response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ errors: [{ code: "NOT_FOUND" }] }));
    }
    const digest = `sha256:${hex}`;
    const type = kind === "manifests" ? (JSON.parse(content.toString()) as { mediaType: string }).mediaType : "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-length": content.length, "docker-content-digest": digest });
    if (part.breaksAt === digest) return void response.write(content.subarray(0, content.length >> 1), () => response.destroy());
    if (part.hangsAt === digest) return void response.write(content.subarray(0, content.length >> 1));
    response.end(content, () => part.sent.push(digest));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const home = `${layout}.home`;
  mkdirSync(join(home, ".config", "containers"), { recursive: true });
  writeFileSync(join(home, ".config", "containers", "registries.conf"), `[[registry]]\nlocation = "127.0.0.1:${port}"\ninsecure = true\n`);
  const part: RegistryPart = {
    name: `127.0.0.1:${port}/${NAME}`,
    home,
    sent: [],
    breaksAt: null,
    hangsAt: null,
    close: () => new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    }),
  };
  return part;
}
