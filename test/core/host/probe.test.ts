import { expect, test } from "vitest";
import { probeHost, parseProbe } from "../../../src/core/host/probe.ts";
import { bringPython } from "../../../src/core/host/python.ts";
import type { Host } from "../../../src/core/ports.ts";
import { hostLayout } from "../../../src/core/host/layout.ts";
import { requireSuitable } from "../../../src/core/host/suitable.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { inspectThisComputer } from "../../../src/adapters/local/inspection.ts";

const POD = [
  "os\tLinux",
  "arch\tx86_64",
  "glibc\tglibc 2.39",
  "cpus\t16",
  "MemTotal:\t65536000",
  "MemAvailable:\t60000000",
  "cgroup\t50000000000",
  "gpu\tNVIDIA RTX A5000, 24564, 24215, 570.86.15",
  "python\t3.9.18 /usr/bin/python3.9",
  "python\t3.12.3 /usr/bin/python3.12",
  "python\t /opt/broken/python3",
  "client\tapt-get",
  "root\t/workspace",
  "disk\t/dev/sda1 104857600 1000 52428800 1% /workspace",
  "namespace\tyes",
  "filesystem\tfuse.juicefs",
  "port\t1F90",
  "port\t0016",
  "agent\tseen",
].join("\n");

test("a pod's answers become a report: the container's limit, the card, the newest usable Python, taken ports", () => {
  expect(parseProbe(POD)).toEqual({
    platform: "linux",
    arch: "x64",
    glibc: "2.39",
    cpus: 16,
    memoryBytes: 50_000_000_000,
    memoryAvailableBytes: 50_000_000_000,
    gpus: [{ name: "NVIDIA RTX A5000", memoryBytes: 24564 * 2 ** 20, memoryFreeBytes: 24215 * 2 ** 20, driver: "570.86.15" }],
    python: { path: "/usr/bin/python3.12", version: "3.12.3", tag: "cp312" },
    packageClient: "apt-get",
    root: "/workspace",
    diskFreeBytes: 52_428_800 * 1024,
    networkNamespace: true,
    networkVolume: "/workspace",
    portsInUse: [22, 8080],
    agentSeen: true,
  });
});

test.runIf(process.platform === "linux")("the script runs in this computer's /bin/sh and agrees with what Node sees", async () => {
  const probed = await probeHost(new LocalHost(), new AbortController().signal);
  const seen = await inspectThisComputer(probed.root);
  expect(probed).toMatchObject({ platform: "linux", arch: seen.arch, glibc: seen.glibc, networkNamespace: seen.networkNamespace });
  expect(probed.memoryBytes).toBeGreaterThan(2 ** 28);
  expect(probed.diskFreeBytes).toBeGreaterThan(0);
  expect(probed.python?.tag).toMatch(/^cp31\d$/);
});

test.each([
  [{ platform: "darwin" }, "host-unsuitable", "does not run Linux"],
  [{ arch: "arm64" }, "host-unsuitable", "64-bit Intel or AMD"],
  [{ glibc: "2.4" }, "host-unsuitable", "2.34 is needed"],
  [{ glibc: null }, "host-unsuitable", "no GNU C library"],
] as const)("a host with %j is refused before anything is sent", (flaw, code, words) => {
  const report = { ...parseProbe(POD), ...flaw };
  expect(() => requireSuitable(report, "pod", true)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
});

test("a pod as Runpod rents it is suitable", () => {
  expect(() => requireSuitable(parseProbe(POD), "pod", true)).not.toThrow();
});

/** A host that answers from a table, and refuses whatever is not in it. */
function scriptedHost(answers: Record<string, { exitCode: number; stdout?: string; stderr?: string }[]>) {
  const asked: string[] = [];
  const exec = async (argv: readonly string[]) => {
    const program = argv.includes("apt-get") ? `apt-get ${argv.includes("update") ? "update" : "install"}` : argv.join(" ");
    asked.push(program);
    const answer = answers[program]?.shift();
    if (answer === undefined) throw new Error(`nobody expected ${program}`);
    return { stdout: "", stderr: "", killedBy: null, ...answer };
  };
  return { host: { label: "pod", exec } as unknown as Host, asked };
}

const BARE = parseProbe(POD.split("\n").filter((line) => !line.startsWith("python")).join("\n"));
const signal = new AbortController().signal;

test("a host without Python gets it from its own package client, before anything else", async () => {
  const { host, asked } = scriptedHost({ "apt-get update": [{ exitCode: 0 }], "apt-get install": [{ exitCode: 0 }], "/bin/sh": [{ exitCode: 0, stdout: POD }] });
  expect((await bringPython(host, BARE, signal, () => {})).python?.version).toBe("3.12.3");
  expect(asked).toEqual(["apt-get update", "apt-get install", "/bin/sh"]);
});

test("where no package client can bring Python, that is said and nothing is tried", async () => {
  const { host, asked } = scriptedHost({});
  await expect(bringPython(host, { ...BARE, packageClient: null }, signal, () => {})).rejects.toMatchObject({ code: "python-missing" });
  expect(asked).toEqual([]);
  const offline = scriptedHost({ "apt-get update": [{ exitCode: 100, stderr: "Could not resolve 'deb.example'" }] });
  await expect(bringPython(offline.host, BARE, signal, () => {})).rejects.toMatchObject({ code: "python-missing", cause: { message: expect.stringContaining("Could not resolve") } });
});

test("a host that has Python is left alone", async () => {
  const { host, asked } = scriptedHost({});
  await bringPython(host, parseProbe(POD), signal, () => {});
  expect(asked).toEqual([]);
});

test("a network volume is known by where it is mounted, or by its file system; a disk of the machine's own is none", () => {
  const seen = (...lines: string[]) => parseProbe([...POD.split("\n").filter((line) => !line.startsWith("filesystem")), ...lines].join("\n")).networkVolume;
  expect(seen("volume\t/runpod-volume", "filesystem\text4")).toBe("/runpod-volume");
  for (const type of ["fuse", "nfs4", "ceph"]) expect(seen(`filesystem\t${type}`)).toBe("/workspace");
  for (const type of ["ext4", "xfs", "overlay", "fuseblk"]) expect(seen(`filesystem\t${type}`)).toBeNull();
});

test("on a network volume of its own the course lies where the original kept it, and the rest on the machine", () => {
  const layout = hostLayout("/workspace", "linux", "/runpod-volume");
  expect(layout).toMatchObject({ home: "/workspace/ai-mentor", models: "/workspace/models", courseData: "/runpod-volume/ai-mentor/volumes/course", milvusServerData: "/runpod-volume/ai-mentor/volumes/milvus-server" });
  expect(hostLayout("/workspace", "linux", "/workspace")).toEqual(hostLayout("/workspace", "linux"));
});
