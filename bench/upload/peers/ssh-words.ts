import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Link } from "../link.ts";

/** With AES instructions on both ends nothing else comes near. */
export const CIPHER = "aes128-gcm@openssh.com";

/** Options that OpenSSH's programs share; the port is theirs to name. */
export function sshWords({ privateKey, knownHosts }: Link): string[] {
  return ["-F", "none", "-i", privateKey, "-c", CIPHER, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", `UserKnownHostsFile=${knownHosts}`];
}

/** Why a program cannot be started; null when it can. */
export function programMissing(name: string): string | null {
  const found = (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return found ? null : `${name} is not installed`;
}
