import { basename } from "node:path";
import type { Tool } from "../tool.ts";
import { CIPHER, programMissing } from "./ssh-words.ts";

/**
 * OpenSSH takes no larger write in one packet, and the default of 64 requests of 32 KiB leaves a long
 * line idle; past 128 nothing is gained. The rest spares questions to the host and its shell before
 * and after the file: on 20 ms they cost an eighth of the speed of 256 MiB. Its own SSH is used:
 * OpenSSH's through --sftp-ssh was slower, and did not end on a long line.
 */
const TUNING = ["--sftp-chunk-size", "255k", "--sftp-concurrency", "128", "--sftp-shell-type", "unix", "--sftp-disable-hashcheck", "--sftp-set-modtime=false", "--ignore-checksum", "--no-check-dest", "--no-traverse"];

/** Several connections for one file, in versions whose sftp can; sshd lets in ten that have not logged in yet. */
const CONNECTIONS = ["--multi-thread-streams", "8", "--multi-thread-cutoff", "16M"];

/** What older versions do not know ends them as a flag, and is passed over in the environment. */
const NEWER = [`RCLONE_SFTP_CIPHERS=${CIPHER}`, "RCLONE_INPLACE=true", "RCLONE_MULTI_THREAD_CHUNK_SIZE=16M"];

export const rclone: Tool = {
  name: "rclone",
  missing: () => programMissing("rclone"),
  command({ link: { host, port, user, privateKey, knownHosts }, file, folder }) {
    const target = ["--sftp-host", host, "--sftp-port", String(port), "--sftp-user", user, "--sftp-key-file", privateKey, "--sftp-known-hosts-file", knownHosts];
    return ["env", ...NEWER, "rclone", "--config", "", "copyto", ...target, ...TUNING, ...CONNECTIONS, file, `:sftp:${folder}/${basename(file)}`];
  },
};
