import { basename } from "node:path";
import type { Tool } from "../tool.ts";
import { programMissing, sshWords } from "./ssh-words.ts";

export const scp: Tool = {
  name: "scp",
  missing: () => programMissing("scp"),
  command: ({ link, file, folder }) => ["scp", "-q", ...sshWords(link), "-P", String(link.port), file, `${link.user}@${link.host}:${folder}/`],
};

/** `sh -c COPY_AND_COMPARE sh FILE TARGET HOST REMOTE_FILE PORT SSH-WORDS…` */
const COPY_AND_COMPARE = `
file=$1 target=$2 host=$3 remote=$4 port=$5; shift 5
scp -q "$@" -P "$port" "$file" "$target" || exit
here=$(openssl dgst -sha256 -r "$file") || exit
there=$(ssh "$@" -p "$port" "$host" openssl dgst -sha256 -r "$remote") || exit
[ "\${here%% *}" = "\${there%% *}" ]`;

/** What a careful person does: a copy proven by its hash, as ours is. */
export const scpWithDigest: Tool = {
  name: "scp+sha256",
  missing: () => programMissing("scp") ?? programMissing("openssl"),
  command({ link, file, folder }) {
    const host = `${link.user}@${link.host}`;
    return ["sh", "-c", COPY_AND_COMPARE, "sh", file, `${host}:${folder}/`, host, `${folder}/${basename(file)}`, String(link.port), ...sshWords(link)];
  },
};
