import { formatAddress } from './address.ts';

/** What each error code means. */
export const TransportErrorCodes = {
  ERR_DATAGRAM_BIND: 'the local address can not be bound',
  ERR_DATAGRAM_MULTICAST: 'a group can not be joined, or not be sent to',
  ERR_DATAGRAM_OPEN: 'the transport was opened before',
  ERR_DATAGRAM_CLOSED: 'the transport is not open',
  ERR_DATAGRAM_RESOLVE: 'a host name has no usable address',
  ERR_DATAGRAM_RANGE: 'bytes end before the field that is read or written',
} as const;
export type TransportErrorCode = keyof typeof TransportErrorCodes;

/** Any failure of this package. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A field lies outside of the bytes (`ERR_DATAGRAM_RANGE`). */
export class ByteRangeError extends TransportError {
  override readonly name: string = 'ByteRangeError';
  /** Where the field begins. */
  readonly offset: number;
  /** How many bytes it has. */
  readonly wanted: number;
  /** How many bytes there are from `offset` on. */
  readonly available: number;

  constructor(offset: number, wanted: number, available: number) {
    super('ERR_DATAGRAM_RANGE', `expected ${wanted} bytes at offset ${offset}, found ${available}`);
    this.offset = offset;
    this.wanted = wanted;
    this.available = available;
  }
}

const bindReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is already in use',
  EACCES: 'needs a privilege that this process does not have',
  EADDRNOTAVAIL: 'can not be bound: this machine does not have that address',
  EAFNOSUPPORT: 'can not be bound: this machine does not support that kind of address',
};

/** The error of an address that can't be bound, in one line with the reason that the operating system gives. */
export function bindError(protocol: string, host: string, port: number, cause: unknown): TransportError {
  const reason =
    bindReasons[systemErrorCode(cause) ?? ''] ??
    `can not be bound: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new TransportError('ERR_DATAGRAM_BIND', `${protocol} port ${port} on ${host} ${reason}`, { cause });
}

/** The error of using a transport before it is open or after it was closed. */
export function notOpenError(closed: boolean): TransportError {
  return new TransportError(
    'ERR_DATAGRAM_CLOSED',
    closed ? 'the transport is closed' : 'the transport is not open yet',
  );
}

/** The error of opening a transport a second time. */
export function alreadyOpenError(
  address: { readonly host: string; readonly port: number } | undefined,
): TransportError {
  const where = address === undefined ? '' : ` on ${formatAddress(address.host, address.port)}`;
  return new TransportError('ERR_DATAGRAM_OPEN', `the transport was already opened${where}`);
}

/** The code of an operating system error (`EADDRINUSE`), if `error` has one. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
