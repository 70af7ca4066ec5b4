import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MachineOrder } from "../runpod/machines.ts";

const run = promisify(execFile);

export const SSHD = "/usr/sbin/sshd";

/** Before a program's own words: the system ends it when we end, in whatever way. */
export const DIES_WITH_US: readonly string[] = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];

export const PLAIN_ENV = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** Keys only, and nothing of this computer's own accounts and greetings. */
export const POLICY = `PidFile none
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PrintMotd no
PrintLastLog no
UseDNS no
MaxSessions 10
MaxStartups 100:30:200
`;

/** Where the parts of a container lie on this computer. */
export interface ContainerFolders {
  /** Wiped at every start. */
  container: string;
  /** What survives; null where nothing is mounted. */
  volume: string | null;
}

export function foldersOf(base: string, { podId, volume }: Pick<MachineOrder, "podId" | "volume">): ContainerFolders {
  return { container: join(base, "pods", podId), volume: volume === null ? null : join(base, "volumes", volume) };
}

/** A container disk as the image leaves it: new host keys, the wanted public key, the environment file. Resolves to the fingerprints. */
export async function freshContainer({ container, volume }: ContainerFolders, order: MachineOrder): Promise<string[]> {
  await rm(container, { recursive: true, force: true });
  for (const name of ["sshd", "home", "tmp"]) await mkdir(join(container, name), { recursive: true, mode: 0o700 });
  if (volume !== null) await mkdir(volume, { recursive: true });
  await writeFile(join(container, "sshd", "authorized_keys"), `${order.env.PUBLIC_KEY ?? ""}\n`, { mode: 0o600 });
  await writeFile(join(container, "sshd", "rp_environment"), environmentFile(order.env), { mode: 0o600 });
  const hostKey = join(container, "sshd", "host_key");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `root@${order.podId}`, "-f", hostKey]);
  const { stdout } = await run("ssh-keygen", ["-lf", `${hostKey}.pub`]);
  return [stdout.split(" ")[1]!];
}

/** As the image's start script writes it. */
const environmentFile = (env: Readonly<Record<string, string>>): string => Object.entries(env).map(([name, value]) => `export ${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"\n`).join("");

/** sshd's configuration for a container that is a folder and not a root of its own. */
export async function configureProcess({ container, volume }: ContainerFolders, listen: { host: string; port: number }): Promise<string> {
  const home = join(container, "home");
  // Where there is no /workspace, the app works here.
  if (volume !== null) await symlink(volume, join(home, "ai-mentor-workspace"));
  const config = join(container, "sshd", "config");
  await writeFile(
    config,
    `Port ${listen.port}
ListenAddress ${listen.host}
HostKey "${join(container, "sshd", "host_key")}"
AuthorizedKeysFile "${join(container, "sshd", "authorized_keys")}"
${POLICY}SetEnv HOME=${home} TMPDIR=${join(container, "tmp")} RP_ENVIRONMENT=${join(container, "sshd", "rp_environment")}
Subsystem sftp internal-sftp
`,
  );
  return config;
}

export const readIfThere = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
