import type { X509Certificate } from 'node:crypto';

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** Whether a host is an IP address, and no name. */
export function isAddress(host: string): boolean {
  return host.includes(':') || IPV4.test(host);
}

/** Whether a server with this certificate is the one at a host. A pinned certificate need not carry the address that was connected to. */
export function isCertificateOf(certificate: X509Certificate, host: string, isPinned: boolean): boolean {
  return (isPinned && isAddress(host)) || namesHost(certificate, host);
}

/** Whether a certificate names a host: a name, with wildcards, or an address without its zone (RFC 6125 §6.4, RFC 5280 §4.2.1.6). */
function namesHost(certificate: X509Certificate, host: string): boolean {
  if (!isAddress(host)) return certificate.checkHost(host) !== undefined;
  try {
    return certificate.checkIP(host.replace(/%.*$/, '')) !== undefined;
  } catch {
    // It looks like an address and is none.
    return false;
  }
}
