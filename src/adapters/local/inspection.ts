import { execFile } from "node:child_process";
import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { existsSync } from "node:fs";
import { parseGpu } from "../../core/host/probe.ts";
import { PYTHON_MINORS, pythonTag, type Gpu, type HostReport, type Python } from "../../core/host/report.ts";

const run = promisify(execFile);

/** The same report as over SSH, for this computer, on every platform and without a shell. */
export async function inspectThisComputer(root: string): Promise<HostReport> {
  const [gpus, python, memoryAvailableBytes, disk] = await Promise.all([nvidiaGpus(), findPython(), availableMemory(), statfs(existingParent(root))]);
  const { platform, arch } = process;
  return {
    platform: platform === "linux" || platform === "darwin" || platform === "win32" ? platform : "other",
    arch: arch === "x64" || arch === "arm64" ? arch : "other",
    glibc: (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime ?? null,
    cpus: availableParallelism(),
    memoryBytes: process.constrainedMemory() > 0 ? Math.min(totalmem(), process.constrainedMemory()) : totalmem(),
    memoryAvailableBytes,
    gpus,
    python,
    packageClient: null,
    root,
    diskFreeBytes: disk.bavail * disk.bsize,
    networkVolume: null,
    networkNamespace: await mayLeaveNetwork(),
    // A taken port on this computer is no obstacle: a free one is used and shown.
    portsInUse: [],
    agentSeen: existsSync(join(root, "ai-mentor", "run", "agent.json")),
  };
}

async function mayLeaveNetwork(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const may = (...options: string[]) => run("unshare", [...options, "true"], { timeout: 10_000 }).then(() => true, () => false);
  return (await may("--net")) || (await may("--user", "--net"));
}

async function nvidiaGpus(): Promise<Gpu[]> {
  try {
    const { stdout } = await run("nvidia-smi", ["--query-gpu=name,memory.total,memory.free,driver_version", "--format=csv,noheader,nounits"], { timeout: 10_000 });
    return stdout.split("\n").flatMap(parseGpu);
  } catch {
    return [];
  }
}

const VERSION = "import sys, sqlite3, ssl; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)";

async function findPython(): Promise<Python | null> {
  const names = process.platform === "win32" ? ["python", "python3"] : ["python3", ...PYTHON_MINORS.map((minor) => `python3.${minor}`)];
  for (const name of names) {
    try {
      const [version = "", path = ""] = (await run(name, ["-c", VERSION], { timeout: 20_000 })).stdout.split(/\r?\n/);
      const tag = pythonTag(version);
      if (tag !== null) return { path, version, tag };
    } catch {
      continue;
    }
  }
  return null;
}

/** Bytes; os.freemem() leaves out what Linux would give back from its caches. */
async function availableMemory(): Promise<number> {
  if (process.platform !== "linux") return freemem();
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8"));
  return line === null ? freemem() : Number(line[1]) * 1024;
}

function existingParent(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingParent(dirname(folder));
}
