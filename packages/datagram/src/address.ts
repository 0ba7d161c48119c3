/** A host, an IP address without brackets in most places, and a port. Every `Peer` is one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `192.0.2.1:5683`, or with brackets `[2001:db8::1]:5683` (RFC 3986 §3.2.2). */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether `port` is a whole number from `least` to 65535. */
export function isPort(port: number, least: 0 | 1): boolean {
  return Number.isInteger(port) && port >= least && port <= 65_535;
}

/** Throws a `RangeError` unless `port` is a whole number from `least` to 65535. */
export function checkPort(port: number, least: 0 | 1): void {
  if (!isPort(port, least)) {
    throw new RangeError(`port must be a whole number from ${least} to 65535, is ${port}`);
  }
}
