/** A host, an IP address without brackets in most places, and a port. Every `Peer` is one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `192.0.2.1:5683`, or with brackets `[2001:db8::1]:5683` (RFC 3986 §3.2.2). */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Throws a `RangeError` unless `port` is a whole number from `least` to 65535. */
export function checkPort(port: number, least: 0 | 1): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) {
    throw new RangeError(`port must be a whole number from ${least} to 65535, is ${port}`);
  }
}
