import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { Agent } from "../../../remote/agent/agent.ts";
import { agentFolders, makeFolders } from "../../../remote/agent/folders.ts";
import { kitLaunchers } from "../../../remote/agent/launchers.ts";
import { checkMilvus } from "../../../remote/api/milvus.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import type { MilvusServiceConfig } from "../../../src/contract/agent.ts";
import { makeMilvusImage } from "../../parts/milvus-image.ts";
import { milvusProgram, noMilvusServer } from "../../parts/milvus-server.ts";
import { startRegistry } from "../../parts/registry.ts";
import { noSkopeo } from "../../parts/skopeo.ts";
import { KEY, serviceOf, until } from "./stand-in-agent.ts";

const MILVUS = join(import.meta.dirname, "../../../remote/milvus");
const DOCKER = join(import.meta.dirname, "../../parts/docker-stand-in.ts");
const SERVER = { version: expect.stringMatching(/^v2\.3\.5/), enforcesUsers: true, insertOfExistingKey: "keeps-both", hybridSearch: false, bm25: false };

/** A host with an agent of this kit, and nothing else. */
function host() {
  const root = mkdtempSync(join(tmpdir(), "milvus kinds "));
  const kit = join(root, "kit");
  mkdirSync(kit);
  copyFileSync(join(MILVUS, "loopback_only.py"), join(kit, "loopback_only.py"));
  const folders = agentFolders(root);
  makeFolders(folders);
  const launchers = kitLaunchers(kit, process.execPath);
  // The server's own way of stopping may take minutes; it keeps its rows through a kill.
  const agent = new Agent({ folders, key: KEY, version: "1", kitHash: "test", launchers: { ...launchers, milvus: { ...launchers.milvus, graceMs: 1_000 } } });
  onTestFinished(async () => {
    await agent.stopAll("the test is over");
    agent.logs.close();
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true, force: true });
  });
  const service = () => serviceOf(agent, "milvus");
  return {
    root,
    agent,
    service,
    said: () => agent.logs.after(0).map(({ text }) => text),
    /** Starts it and waits until it answers, or is given up. */
    async start(config: MilvusServiceConfig): Promise<void> {
      await agent.start("milvus", config);
      await until(() => service().state !== "starting");
      expect(service()).toMatchObject({ state: "ready", error: null });
    },
  };
}

describe.skipIf(noMilvusServer !== null)("kinds that come as images", () => {
  beforeAll(() => milvusProgram(), 240_000);

  test.skipIf(noSkopeo !== null)("an image is fetched, unpacked and run by its own loader; its server is claimed and asked", { timeout: 180_000 }, async () => {
    const { root, agent, start } = host();
    const registry = await startRegistry(join(root, "registry"));
    onTestFinished(() => registry.close());
    vi.stubEnv("HOME", registry.home);
    const { digest } = await makeMilvusImage(join(root, "registry"), "docker");
    const port = await freePort(0);
    const tokenFile = join(root, "token");
    const folder = join(root, "milvus", "image");
    const config: MilvusServiceConfig = { kind: "image", port, dataDir: join(root, "data"), python: "python3", image: { name: registry.name, digest, folder, layout: null } };
    await start(config);
    // Nothing of the host's own is in it: neither its loader nor one of its libraries.
    const files = new Set([...readFileSync(`/proc/${serverOf(agent)}/maps`, "utf8").matchAll(/ (\/\S.*)$/gm)].map(([, path]) => path!).filter((path) => /\.so/.test(path)));
    expect([...files].filter((path) => !path.startsWith(folder))).toEqual([]);
    expect(await checkMilvus({ target: { address: `127.0.0.1:${port}` }, tokenFile }, null)).toEqual(SERVER);
    expect(existsSync(`${folder}.oci`)).toBe(false);
  });

  test("the official containers are fetched, started, claimed and asked, and taken away at stop; their data stays", { timeout: 120_000 }, async () => {
    const { root, agent, service, start, said } = host();
    const bin = join(root, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "docker"), `#!/bin/sh\nexec "${process.execPath}" "${DOCKER}" "$@"\n`);
    chmodSync(join(bin, "docker"), 0o755);
    vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
    vi.stubEnv("DOCKER_STAND_IN", join(root, "docker.json"));
    vi.stubEnv("DOCKER_STAND_IN_MILVUS", await milvusProgram());
    const docker = () => JSON.parse(readFileSync(join(root, "docker.json"), "utf8")) as { images: string[]; running: string | null; log: string[] };
    const dataDir = join(root, "stack", "volumes");
    const port = await freePort(0);
    const config: MilvusServiceConfig = { kind: "compose", port, dataDir, python: "python3" };
    await start(config);
    const check = () => checkMilvus({ target: { address: `127.0.0.1:${port}` }, tokenFile: join(root, "stack", "milvus.token") }, null);
    expect(await check()).toEqual(SERVER);
    expect(docker()).toMatchObject({ images: expect.arrayContaining([expect.stringContaining("milvus@sha256:")]), running: expect.stringMatching(/^ai-mentor-milvus-/), log: ["down", "pull", "up"] });
    const secrets = readFileSync(join(root, "stack", ".env"), "utf8");
    expect(statSync(join(root, "stack", ".env")).mode & 0o777).toBe(0o600);
    expect(said().join("\n")).not.toContain(secrets.trim().slice("MINIO_PASSWORD=".length));

    // Whoever started them is killed: the containers of the dead one are gone before the next ones run.
    process.kill(service().pid!, "SIGKILL");
    await until(() => (docker().log.length === 5 && docker().running !== null) || service().state === "failed");
    expect(service()).toMatchObject({ state: "starting", restarts: 1 });
    await agent.stop("milvus");
    expect(docker()).toMatchObject({ running: null, log: ["down", "pull", "up", "down", "up", "down"] });
    expect(existsSync(join(dataDir, "milvus", "etcd"))).toBe(true);
    // The data that is there is opened by the password that it was made with.
    await agent.start("milvus", config);
    await until(() => docker().log.length === 9 && docker().running !== null);
    expect(docker().log.slice(6)).toEqual(["down", "pull", "up"]);
    expect(readFileSync(join(root, "stack", ".env"), "utf8")).toBe(secrets);
  });
});

/** Process of the server itself, which the enclosure starts. */
function serverOf(agent: Agent): number {
  const pid = serviceOf(agent, "milvus").pid!;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}
