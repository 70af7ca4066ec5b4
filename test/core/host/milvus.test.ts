import { expect, test } from "vitest";
import { MILVUS_IMAGE } from "../../../src/contract/milvus.ts";
import { chooseMilvus, serverLacks, type KeptStores } from "../../../src/core/host/milvus.ts";
import type { HostReport } from "../../../src/core/host/report.ts";

const POD: HostReport = {
  platform: "linux",
  arch: "x64",
  glibc: "2.39",
  cpus: 16,
  memoryBytes: 50e9,
  memoryAvailableBytes: 50e9,
  gpus: [],
  python: null,
  packageClient: null,
  root: "/workspace",
  diskFreeBytes: 50e9,
  networkNamespace: true,
  networkVolume: null,
  portsInUse: [],
  agentSeen: false,
};
const SSH = { host: { kind: "ssh", address: "root@pod", identity: "key" } } as const;
const HERE = { host: { kind: "local" } } as const;
const NOTHING: KeptStores = { lite: false, server: false, last: null };
const OTHER = `sha256:${"a".repeat(64)}`;

test("a host that can carry the real server has it; this computer and lesser hosts have Milvus Lite", () => {
  expect(chooseMilvus(POD, SSH, NOTHING).kind).toBe("server");
  expect(chooseMilvus(POD, HERE, NOTHING).kind).toBe("lite");
  for (const lesser of [{ networkNamespace: false }, { memoryAvailableBytes: 1e9 }, { diskFreeBytes: 1e9 }]) expect(chooseMilvus({ ...POD, ...lesser }, SSH, NOTHING)).toMatchObject({ kind: "lite", reason: expect.stringContaining(serverLacks({ ...POD, ...lesser })!) });
});

test("a course stays where it is", () => {
  expect(chooseMilvus(POD, SSH, { lite: true, server: false, last: null }).kind).toBe("lite");
  expect(chooseMilvus(POD, HERE, { lite: true, server: true, last: null }).kind).toBe("server");
  expect(chooseMilvus({ ...POD, networkNamespace: false }, HERE, { lite: true, server: true, last: null }).kind).toBe("lite");
});

test("the one that the last session used is gone on with, and never left behind for an empty one", () => {
  const both = { lite: true, server: true };
  expect(chooseMilvus(POD, SSH, { ...both, last: { kind: "lite" } }).kind).toBe("lite");
  expect(chooseMilvus(POD, SSH, { ...both, last: { kind: "compose" } }).kind).toBe("compose");
  const image = { name: "mirror.example/milvus", digest: OTHER };
  expect(chooseMilvus(POD, SSH, { ...both, last: { kind: "image", image } })).toMatchObject({ kind: "image", image });
  expect(() => chooseMilvus({ ...POD, networkNamespace: false }, SSH, { ...both, last: { kind: "image", image } })).toThrow(expect.objectContaining({ code: "host-unsuitable", kept: expect.stringContaining("The course is in it") }));
});

test("the official image and its containers are there for whoever asks, and for nobody else", () => {
  expect(chooseMilvus(POD, { ...SSH, milvus: "image" }, NOTHING)).toMatchObject({ kind: "image", image: MILVUS_IMAGE });
  expect(chooseMilvus(POD, { ...SSH, milvus: "compose" }, NOTHING).kind).toBe("compose");
  expect(chooseMilvus(POD, { ...SSH, milvusImage: `/media/stick/milvus@${OTHER}` }, NOTHING)).toMatchObject({ kind: "image", image: { digest: OTHER, folder: "/media/stick/milvus" } });
  expect(() => chooseMilvus({ ...POD, diskFreeBytes: 5e9 }, { ...SSH, milvus: "image" }, NOTHING)).toThrow(expect.objectContaining({ message: expect.stringContaining("8 GB of free disk") }));
});

test("what a person asks for counts before that, and is refused where it cannot be", () => {
  expect(chooseMilvus(POD, { ...SSH, milvus: "lite" }, { lite: false, server: true, last: null }).kind).toBe("lite");
  expect(chooseMilvus(POD, { ...HERE, milvus: "server" }, { lite: true, server: false, last: null }).kind).toBe("server");
  expect(chooseMilvus(POD, { ...SSH, milvusUrl: "https://milvus.example:443" }, { lite: true, server: true, last: null })).toMatchObject({ kind: "remote", url: "https://milvus.example:443" });
  expect(() => chooseMilvus({ ...POD, arch: "arm64" }, { ...HERE, milvus: "server" }, NOTHING)).toThrow(expect.objectContaining({ code: "host-unsuitable" }));
});
