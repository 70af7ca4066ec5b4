import { homedir, hostname, userInfo } from "node:os";

/** Who and where this is: nobody who helps needs to know. */
export interface Surroundings {
  home: string;
  user: string;
  computer: string;
}

const KEY_BLOCK = /-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g;
const BEARER = /\b(bearer)\s+[^\s"',]+/gi;
const NAMED = /\b((?:api[-_ ]?)?key|token|pass(?:word|phrase)|secret|authorization)(["']?\s*[:=]\s*["']?)[^\s"',}]+/gi;
const PREFIXED = /\b(?:sk|rpa|hf|gh[pousr]|github_pat|xox[abp])[-_][A-Za-z0-9_-]{8,}/g;
/** Anything long and mixed is a key, a fingerprint or a hash; none of them helps. */
const LONG = /\b(?=[A-Za-z0-9+_=-]*\d)(?=[A-Za-z0-9+_=-]*[A-Za-z])[A-Za-z0-9+_=-]{32,}/g;
const ADDRESS_WITH_NAME = /\b[\w.+-]+@(\[[0-9a-f:.]+\]|[\w-]+(?:\.[\w-]+)*)/gi;
const URL_HOST = /\b((?:https?|wss?):\/\/)(?:[^\s/@]+@)?(\[[0-9a-f:.]+\]|[^\s/:"'?#]+)/gi;
const IPV4 = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
const IPV6 = /(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b|(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?/gi;
const QUOTED_DOCUMENTS = [/(“|„)[^“”„\n]*\.(pdf|docx|pptx|md|markdown|txt|html?)(”|“)/gi, /(")[^"\n]*\.(pdf|docx|pptx|md|markdown|txt|html?)(")/gi];
const DOCUMENT = /[^\s"'“”„:()]+\.(pdf|docx|pptx|md|markdown|txt|html?)\b/gi;

const isLoopback = (host: string): boolean => /^(127\.|0\.0\.0\.0$|localhost$|\[?::1\]?$)/i.test(host);

/**
 * Takes out of a text what names a person, a place or a secret. Hosts become `host-1`, `host-2`, the
 * same one by the same name, so that a story can still be followed.
 */
export function createRedaction({ home, user, computer }: Surroundings = { home: homedir(), user: userInfo().username, computer: hostname() }): (text: string) => string {
  const hosts = new Map<string, string>();
  const hostName = (host: string): string => {
    if (isLoopback(host)) return host;
    const known = hosts.get(host.toLowerCase());
    if (known !== undefined) return known;
    const name = `host-${hosts.size + 1}`;
    hosts.set(host.toLowerCase(), name);
    return name;
  };
  const words = [[home, "~"], [computer, "this-computer"], [user, "user"]] as const;
  const line = (text: string): string => {
    let clean = text
      .replace(BEARER, "$1 [hidden]")
      .replace(PREFIXED, "[hidden]")
      .replace(NAMED, "$1$2[hidden]")
      .replace(URL_HOST, (_all, scheme: string, host: string) => scheme + hostName(host))
      .replace(ADDRESS_WITH_NAME, (_all, host: string) => `user@${hostName(host)}`)
      .replace(IPV4, hostName)
      .replace(IPV6, (address) => (isLoopback(address) ? address : hostName(address)))
      .replace(LONG, "[hidden]")
      .replace(QUOTED_DOCUMENTS[0]!, "$1document.$2$3")
      .replace(QUOTED_DOCUMENTS[1]!, "$1document.$2$3")
      .replace(DOCUMENT, "document.$1");
    // A short name would blank out ordinary words.
    for (const [word, instead] of words) if (word.length > 2) clean = clean.replace(new RegExp(`(?<![\\w-])${RegExp.escape(word)}(?![\\w-])`, "gi"), instead);
    return clean;
  };
  // Line by line, so that hosts are numbered as a reader meets them.
  return (text) => text.replace(KEY_BLOCK, "[key]").split("\n").map(line).join("\n");
}
