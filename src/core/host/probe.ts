import { MentorError } from "../../contract/errors.ts";
import type { Host } from "../ports.ts";
import { PYTHON_MINORS, pythonTag, type Gpu, type HostReport, type Python } from "./report.ts";

/**
 * Everything in one round trip: a constant POSIX script, read by the host's own /bin/sh from
 * standard input, that prints `key<TAB>value` lines. Values never go back into a shell.
 */
const SCRIPT = `
say() { printf '%s\\t%s\\n' "$1" "$2"; }
say os "$(uname -s)"
say arch "$(uname -m)"
say glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null)"
while read -r key value _; do
  case $key in MemTotal:|MemAvailable:) say "$key" "$value" ;; esac
done 2>/dev/null </proc/meminfo
say cgroup "$(cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null)"
if command -v nvidia-smi >/dev/null 2>&1; then
  nvidia-smi --query-gpu=name,memory.total,memory.free,driver_version --format=csv,noheader,nounits 2>/dev/null |
    while IFS= read -r gpu; do say gpu "$gpu"; done
fi
for name in ${PYTHON_MINORS.map((minor) => `python3.${minor}`).join(" ")} python3; do
  path=$(command -v "$name" 2>/dev/null) || continue
  say python "$("$path" -c 'import sys, sqlite3, ssl; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) $path"
done
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && say client apt-get
if [ -d /workspace ] && [ -w /workspace ]; then root=/workspace volume=/workspace; else root=$HOME/ai-mentor-workspace volume=$HOME; fi
if unshare --net true 2>/dev/null || unshare --user --net true 2>/dev/null; then say namespace yes; fi
say root "$root"
# A volume that is new to us does not draw a course away from where it is.
if [ -d /runpod-volume ] && [ -w /runpod-volume ]; then
  if [ -d /runpod-volume/ai-mentor/volumes ] || [ ! -d "$root/ai-mentor/data" ]; then say volume /runpod-volume; fi
fi
while read -r _ mount type _; do
  [ "$mount" = "$root" ] && say filesystem "$type"
done 2>/dev/null </proc/mounts
say disk "$(df -Pk "$volume" 2>/dev/null | tail -n 1)"
[ -f "$root/ai-mentor/run/agent.json" ] && say agent seen
while read -r _ local _ state _; do
  [ "$state" = 0A ] && say port "\${local##*:}"
done 2>/dev/null </proc/net/tcp
while read -r _ local _ state _; do
  [ "$state" = 0A ] && say port "\${local##*:}"
done 2>/dev/null </proc/net/tcp6
exit 0
`;

/** Looks at a host over SSH. Throws `host-unsuitable` when it is no system the kit runs on. */
export async function probeHost(host: Host, signal: AbortSignal): Promise<HostReport> {
  const result = await host.exec(["/bin/sh"], { input: SCRIPT, signal });
  if (result.exitCode !== 0) {
    throw new MentorError("host-unsuitable", `${host.label} could not run a simple check.`, { cause: new Error(result.stderr.trim()) });
  }
  return parseProbe(result.stdout);
}

/** Pure: the script's output → report. */
export function parseProbe(output: string): HostReport {
  const values = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab < 0) continue;
    const key = line.slice(0, tab);
    values.set(key, [...(values.get(key) ?? []), line.slice(tab + 1)]);
  }
  const one = (key: string) => values.get(key)?.[0] ?? "";
  const kib = (key: string) => Number(one(key)) * 1024 || 0;
  const limit = /^\d{1,15}$/.test(one("cgroup")) ? Number(one("cgroup")) : Infinity;
  const ports = (values.get("port") ?? []).map((hex) => Number.parseInt(hex, 16)).filter(Number.isInteger);

  return {
    platform: one("os") === "Linux" ? "linux" : one("os") === "Darwin" ? "darwin" : "other",
    arch: ["x86_64", "amd64"].includes(one("arch")) ? "x64" : ["aarch64", "arm64"].includes(one("arch")) ? "arm64" : "other",
    glibc: /glibc (\S+)/.exec(one("glibc"))?.[1] ?? null,
    cpus: Number(one("cpus")) || 1,
    memoryBytes: Math.min(kib("MemTotal:"), limit),
    memoryAvailableBytes: Math.min(kib("MemAvailable:"), limit),
    gpus: (values.get("gpu") ?? []).flatMap(parseGpu),
    python: newestPython(values.get("python") ?? []),
    packageClient: one("client") === "apt-get" ? "apt-get" : null,
    root: one("root"),
    diskFreeBytes: (Number(one("disk").trim().split(/\s+/)[3]) || 0) * 1024,
    networkVolume: one("volume") || (NETWORK_FILESYSTEM.test(one("filesystem")) ? one("root") : null),
    networkNamespace: one("namespace") === "yes",
    portsInUse: [...new Set(ports)].sort((a, b) => a - b),
    agentSeen: one("agent") === "seen",
  };
}

/** As /proc/mounts names them. */
const NETWORK_FILESYSTEM = /^(fuse(\..+)?|nfs4?|ceph|lustre|glusterfs|beegfs|gpfs|cifs|smb3|9p|virtiofs)$/;

/** nvidia-smi's "NVIDIA RTX A5000, 24564, 24215, 570.86.15"; memory in MiB. */
export function parseGpu(line: string): Gpu[] {
  const [name, total, free, driver] = line.split(",").map((field) => field.trim());
  if (!name || !driver || !Number(total)) return [];
  return [{ name, memoryBytes: Number(total) * 2 ** 20, memoryFreeBytes: Number(free) * 2 ** 20, driver }];
}

/** Lines of "3.11.7 /usr/bin/python3"; a broken interpreter leaves the version out. */
function newestPython(lines: string[]): Python | null {
  const usable = lines.flatMap((line): Python[] => {
    const [, version, path] = /^(\d+\.\d+\.\d+) (\/.*)$/.exec(line) ?? [];
    const tag = version === undefined ? null : pythonTag(version);
    return version === undefined || path === undefined || tag === null ? [] : [{ path, version, tag }];
  });
  return usable.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))[0] ?? null;
}
