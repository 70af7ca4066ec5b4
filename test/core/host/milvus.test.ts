import { expect, test } from "vitest";
import { chooseMilvus, serverLacks } from "../../../src/core/host/milvus.ts";
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
const NOTHING = { lite: false, server: false };

test("a host that can carry the real server has it; this computer and lesser hosts have Milvus Lite", () => {
  expect(chooseMilvus(POD, SSH, NOTHING).kind).toBe("server");
  expect(chooseMilvus(POD, HERE, NOTHING).kind).toBe("lite");
  for (const lesser of [{ networkNamespace: false }, { memoryAvailableBytes: 1e9 }, { diskFreeBytes: 1e9 }]) expect(chooseMilvus({ ...POD, ...lesser }, SSH, NOTHING)).toMatchObject({ kind: "lite", reason: expect.stringContaining(serverLacks({ ...POD, ...lesser })!) });
});

test("a course stays where it is", () => {
  expect(chooseMilvus(POD, SSH, { lite: true, server: false }).kind).toBe("lite");
  expect(chooseMilvus(POD, HERE, { lite: true, server: true }).kind).toBe("server");
  expect(chooseMilvus({ ...POD, networkNamespace: false }, HERE, { lite: true, server: true }).kind).toBe("lite");
});

test("what a person asks for counts before that, and is refused where it cannot be", () => {
  expect(chooseMilvus(POD, { ...SSH, milvus: "lite" }, { lite: false, server: true }).kind).toBe("lite");
  expect(chooseMilvus(POD, { ...HERE, milvus: "server" }, { lite: true, server: false }).kind).toBe("server");
  expect(chooseMilvus(POD, { ...SSH, milvusUrl: "https://milvus.example:443" }, { lite: true, server: true })).toMatchObject({ kind: "remote", url: "https://milvus.example:443" });
  expect(() => chooseMilvus({ ...POD, arch: "arm64" }, { ...HERE, milvus: "server" }, NOTHING)).toThrow(expect.objectContaining({ code: "host-unsuitable" }));
});
