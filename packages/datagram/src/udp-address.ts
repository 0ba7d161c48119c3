const mappedPrefix = '::ffff:';

/** The address that a peer shows: IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2) as IPv4. */
export function unmapAddress(host: string): string {
  return host.startsWith(mappedPrefix) && host.includes('.') ? host.slice(mappedPrefix.length) : host;
}

/** The address under which a dual-stack socket reaches `host`: IPv4 as IPv4-mapped IPv6. */
export function mapAddress(host: string): string {
  return host.includes(':') ? host : mappedPrefix + host;
}
