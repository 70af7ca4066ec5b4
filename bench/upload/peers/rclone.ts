import { basename } from "node:path";
import type { Tool } from "../tool.ts";
import { CIPHER, programMissing } from "./ssh-words.ts";

/** OpenSSH takes no larger write in one packet, and the default of 64 requests leaves a long line idle. */
const TUNING = ["--sftp-chunk-size", "255k", "--sftp-concurrency", "128", "--sftp-ciphers", CIPHER];

export const rclone: Tool = {
  name: "rclone",
  missing: () => programMissing("rclone"),
  command({ link: { host, port, user, privateKey, knownHosts }, file, folder }) {
    const target = ["--sftp-host", host, "--sftp-port", String(port), "--sftp-user", user, "--sftp-key-file", privateKey, "--sftp-known-hosts-file", knownHosts];
    return ["rclone", "--config", "", "copyto", ...target, ...TUNING, "--ignore-checksum", file, `:sftp:${folder}/${basename(file)}`];
  },
};
