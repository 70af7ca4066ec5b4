import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { MentorError } from "../../contract/errors.ts";

export interface SshAddress {
  user: string;
  /** Name in ASCII, or an IP address without brackets. */
  host: string;
  port: number;
}

/** Machines that only pass a terminal through: no file transfer, no forwarding. */
const PROXIES = ["ssh.runpod.io"];

/**
 * Reads `user@host` or `user@host:port`. Throws `host-address-invalid` for what cannot be one, and
 * `host-proxied` for an address that is known to carry no uploads.
 */
export function parseAddress(text: string): SshAddress {
  const invalid = (reason: string) => new MentorError("host-address-invalid", `The address ${quoted(text)} cannot be used: ${reason}.`);
  // Control and formatting characters can make an address look like another one.
  if (/[\p{C}\s]/u.test(text)) throw invalid("it holds a space or an invisible character");
  if (text.length > 320) throw invalid("it is too long");
  const at = text.lastIndexOf("@");
  const user = text.slice(0, Math.max(at, 0));
  if (user === "") throw invalid("the user's name is missing, as in root@203.0.113.7");
  if (user.startsWith("-") || !/^[^@:"'`$\\/]+$/.test(user)) throw invalid(`${quoted(user)} is not a user's name`);

  const [, bracketed, name, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text.slice(at + 1)) ?? [];
  if (bracketed === undefined && name === undefined) throw invalid("an IPv6 address needs brackets, as in root@[2001:db8::7]:22");
  if (bracketed !== undefined && !isIPv6(bracketed)) throw invalid(`${quoted(bracketed)} is not an IPv6 address`);
  // Only names in other scripts need translation, and a URL's rules would cut others short.
  const host = bracketed ?? (/\P{ASCII}/u.test(name!) && !/[/?#\\%]/.test(name!) ? domainToASCII(name!) : name!);
  if (bracketed === undefined && !/^[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9.])?$/i.test(host)) throw invalid(`${quoted(name!)} is not a computer's name`);
  const port = portText === undefined ? 22 : /^\d{1,5}$/.test(portText) ? Number(portText) : NaN;
  if (!(port >= 1 && port <= 65_535)) throw invalid(`${quoted(portText!)} is not a port number from 1 to 65535`);

  if (PROXIES.some((proxy) => host.replace(/\.$/, "").toLowerCase() === proxy)) {
    throw new MentorError("host-proxied", `${host} passes a terminal through, but neither files nor ports.`, {
      advice: "In Runpod's Connect dialog, take the address under “SSH over exposed TCP” (an IP and a port).",
    });
  }
  return { user, host, port };
}

/** How the address is shown and how its host key is filed. */
export function formatAddress({ user, host, port }: SshAddress): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === 22 ? `${user}@${name}` : `${user}@${name}:${port}`;
}

/** A person's input inside a message: visible, on one line, not endless. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
