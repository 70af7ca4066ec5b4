import { MentorError } from "./errors.ts";

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/;
/** Endings that no public name has (RFC 6761, 6762, 8375, and ICANN's .internal). */
const INSIDE = /\.(localhost|local|internal|home\.arpa)$/;

/**
 * The base address of an OpenAI-compatible endpoint, without a slash at its end; `/v1` is added where
 * the address names nothing but a computer. Throws `endpoint-address-invalid`. Plain http does for
 * this computer and for private networks only: over the internet anybody on the way could read the
 * key and the questions. `allowHttp` says that the person knows better (a VPN with public addresses).
 */
export function parseEndpointUrl(text: string, { allowHttp = false }: { allowHttp?: boolean } = {}): string {
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") throw invalid(`“${text}” is no web address`);
  // It is written down and shown; a key has a place of its own.
  if (url.username !== "" || url.password !== "") throw invalid("it holds a name or a password", "Leave them out, and keep the key with: ai-mentor secret set llm.");
  if (url.search !== "" || url.hash !== "") throw invalid("it holds more than a path (? or #)");
  if (url.protocol === "http:" && !allowHttp && !isPrivateHost(url.hostname)) {
    throw invalid(`http:// to ${url.hostname} would send the key and the questions readably over the internet`, "Use the endpoint's https:// address. If the way there is private all the same, allow it with --allow-http.");
  }
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? "/v1" : path}`;
}

/** Loopback, RFC 1918, unique local IPv6, and names that only a local network knows. */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.toLowerCase();
  if (name.startsWith("[")) return name === "[::1]" || /^\[f[cd]/.test(name);
  const [, first, second] = IPV4.exec(name)?.map(Number) ?? [];
  if (first !== undefined) return first === 127 || first === 10 || (first === 192 && second === 168) || (first === 172 && second! >= 16 && second! <= 31);
  return !name.includes(".") || INSIDE.test(name);
}

function invalid(reason: string, advice?: string): MentorError {
  return new MentorError("endpoint-address-invalid", `The endpoint's address cannot be used: ${reason}.`, { advice });
}
