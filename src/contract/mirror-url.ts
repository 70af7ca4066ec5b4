const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Why a mirror's address cannot be used: it is no web address, not HTTPS, holds a name or a password, or names no file. */
export type MirrorFault = "address" | "https" | "password" | "file";

/** Null where it can be used. Plain HTTP does for the host's own loopback only; the address is written down and told to the host, so it holds no secret. */
export function mirrorFault(text: string): MirrorFault | null {
  const url = URL.parse(text);
  if (url === null || url.hostname === "") return "address";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) return "https";
  if (url.username !== "" || url.password !== "") return "password";
  return url.pathname === "/" ? "file" : null;
}
