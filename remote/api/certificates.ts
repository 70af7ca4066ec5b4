import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** A university or a company signs with an authority of its own, which its machines know and Node's own list does not. */
export function trustSystemCertificates(): void {
  setDefaultCACertificates([...new Set([...getCACertificates("default"), ...getCACertificates("system")])]);
}
