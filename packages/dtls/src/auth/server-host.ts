import type { X509Certificate } from 'node:crypto';

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** Whether a host is an IP address, and no name. */
export function isAddress(host: string): boolean {
  return host.includes(':') || IPV4.test(host);
}

/** What a client asks for (RFC 6066 §3): a name without the dot that may end it, and no address. */
export function indicatedName(host: string): string | undefined {
  return isAddress(host) ? undefined : host.replace(/\.$/, '');
}

/** Whether a certificate names a host: a name, with wildcards, or an address without its zone (RFC 6125 §6.4, RFC 5280 §4.2.1.6). */
export function namesHost(certificate: X509Certificate, host: string): boolean {
  if (!isAddress(host)) return certificate.checkHost(host) !== undefined;
  try {
    return certificate.checkIP(host.replace(/%.*$/, '')) !== undefined;
  } catch {
    // It looks like an address and is none.
    return false;
  }
}
