import { isPrivateHost } from "./endpoint-url.ts";
import { MentorError } from "./errors.ts";

const PLAIN_PORT = 19_530;
const TLS_PORT = 443;

/**
 * The address of somebody else's Milvus as `https://host:port` or `http://host:port`; without a scheme
 * it is http, without a port 443 or 19530. Throws `endpoint-address-invalid`. Plain http does for this
 * computer and for private networks only, unless `allowHttp` says that the person knows better.
 */
export function parseMilvusUrl(text: string, { allowHttp = false }: { allowHttp?: boolean } = {}): string {
  const word = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(word) ? word : `http://${word}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") throw invalid(`“${text}” is no address`);
  if (url.username !== "" || url.password !== "") throw invalid("it holds a name or a password", "Leave them out, and keep the token with: ai-mentor secret set milvus.");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") throw invalid("it holds more than a computer and a port");
  if (url.protocol === "http:" && !allowHttp && !isPrivateHost(url.hostname)) {
    throw invalid(`http:// to ${url.hostname} would send the token and the course readably over the internet`, "Use its https:// address. If the way there is private all the same, allow it with --allow-http.");
  }
  // A port that is the scheme's own is left out by the parser.
  const named = /:(\d+)\/*$/.exec(word)?.[1];
  const port = named === undefined ? (url.protocol === "https:" ? TLS_PORT : PLAIN_PORT) : Number(named);
  return `${url.protocol}//${url.hostname}:${port}`;
}

/** A parsed address as the client takes it. */
export function milvusAddress(url: string): { address: string; tls: boolean } {
  const [, scheme, address] = /^(https?):\/\/(.+)$/.exec(url)!;
  return { address: address!, tls: scheme === "https" };
}

function invalid(reason: string, advice = "Write it as https://host:port; http:// does for this computer and private networks only."): MentorError {
  return new MentorError("endpoint-address-invalid", `The address of Milvus cannot be used: ${reason}.`, { advice });
}
