import { lookup } from 'node:dns/promises';
import { isIP, isIPv4, SocketAddress } from 'node:net';
import { systemErrorCode, TransportError } from './errors.ts';
import type { Reach } from './udp-socket.ts';

const mappedPrefix = '::ffff:';

/** The address that a peer shows: IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2) as IPv4. */
export function unmapAddress(host: string): string {
  return host.startsWith(mappedPrefix) && host.includes('.') ? host.slice(mappedPrefix.length) : host;
}

/** The address under which a dual-stack socket reaches `host`: IPv4 as IPv4-mapped IPv6. */
export function mapAddress(host: string): string {
  return host.includes(':') ? host : mappedPrefix + host;
}

/** Whether a socket sends to an IP address. */
export function reaches(reach: Reach, address: string): boolean {
  return reach === 'dual' || (reach === 'ipv6') === address.includes(':');
}

/** An address of a name. Rejects with a `TransportError` (`ERR_DATAGRAM_RESOLVE`). */
export async function resolveName(name: string, reach: Reach): Promise<string> {
  try {
    const { address } = await lookup(name, { family: reach === 'dual' ? 0 : reach === 'ipv4' ? 4 : 6 });
    return address;
  } catch (cause) {
    const reason = systemErrorCode(cause) ?? String(cause);
    throw new TransportError('ERR_DATAGRAM_RESOLVE', `${name} has no address that this socket reaches (${reason})`, {
      cause,
    });
  }
}

/**
 * An IP address in the one spelling that sockets report (RFC 5952), so that it is the same party however it was written, or
 * `undefined` when `host` is a name. A zone (`fe80::1%eth0`, RFC 4007) is kept.
 */
export function canonicalAddress(host: string): string | undefined {
  const family = isIP(host);
  if (family === 0) return undefined;
  if (family === 4) return host;
  const [address = host, zone] = host.split('%', 2);
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return zone === undefined ? unmapAddress(canonical) : `${canonical}%${zone}`;
}

/** Whether `host` is the IP address of a group, without a zone (RFC 5771 §3, RFC 4291 §2.7). */
export function isMulticastAddress(host: string): boolean {
  if (isIPv4(host)) return Math.floor(Number.parseInt(host, 10) / 16) === 14;
  return isIP(host) === 6 && !host.includes('%') && /^ff[0-9a-f]{2}:/.test(canonicalAddress(host) ?? '');
}
