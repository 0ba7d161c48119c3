import { isAddress } from '../auth/server-host.ts';

/**
 * The network of a host, as rates are counted: the /24 of an IPv4 address, the /64 of an IPv6 address without zone, anything else as it
 * is. Addresses come in the canonical text of a transport (RFC 5952).
 */
export function networkOf(host: string): string {
  if (host.includes(':')) return ipv6Network(host);
  return isAddress(host) ? host.slice(0, host.lastIndexOf('.')) : host;
}

/** Groups of 16 bits in the network part. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

function ipv6Network(host: string): string {
  const zone = host.indexOf('%');
  const address = zone < 0 ? host : host.slice(0, zone);
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    // RFC 4291 §2.2: an IPv4 address at the end stands for two groups.
    const after = tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0);
    const zeros = Math.max(0, GROUPS - groups.length - after);
    for (let zero = 0; zero < zeros; zero += 1) groups.push('0');
    groups.push(...tail.split(':'));
  }
  return groups.slice(0, NETWORK_GROUPS).join(':');
}
