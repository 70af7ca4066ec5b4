/**
 * Which `Host` and `Origin` headers a service on the loopback accepts. Any web page can make a
 * browser send requests to 127.0.0.1, and a name that resolves to it (DNS rebinding) passes the
 * same-origin rule: so both headers are checked before anything else. The port is not compared,
 * because a tunnel may move it.
 */
const LOOPBACK_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);

export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  return LOOPBACK_NAMES.has(host.replace(/:\d{1,5}$/, "").toLowerCase());
}

/** A missing Origin is no browser page; `null` (a sandboxed or file page) is foreign. */
export function isLoopbackOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && ["http:", "https:"].includes(new URL(origin).protocol) && isLoopbackHost(new URL(origin).host);
}
