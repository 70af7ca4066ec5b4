import type { Tool } from "../tool.ts";
import { programMissing, sshWords } from "./ssh-words.ts";

export const rsync: Tool = {
  name: "rsync",
  missing: () => programMissing("rsync"),
  command: ({ link, file, folder }) => ["rsync", "--whole-file", "--inplace", "-e", ["ssh", ...sshWords(link), "-p", String(link.port)].join(" "), file, `${link.user}@${link.host}:${folder}/`],
};
