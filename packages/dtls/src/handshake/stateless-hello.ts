import { ByteReader } from '@flownexus/datagram';
import { DtlsError } from '../errors.ts';
import { MAX_CLIENT_HELLO, MAX_HELLO_SEQUENCE } from '../limits.ts';
import { decodeClientHello } from '../messages/client-hello.ts';
import type { ClientHello } from '../messages/hello.ts';
import { ContentType, type DtlsRecord } from '../records/record.ts';
import {
  encodeHandshakeMessage,
  HANDSHAKE_HEADER_SIZE,
  type HandshakeMessage,
  HandshakeType,
  readFragmentHeader,
} from './handshake-message.ts';

/** A ClientHello that came from anywhere. Owns its bytes. */
export interface StatelessHello {
  readonly hello: ClientHello;
  readonly message: HandshakeMessage;
  /** What an answer takes on (RFC 6347 §4.2.1). */
  readonly recordSequence: number;
}

/**
 * The ClientHello that a record consists of; undefined for any other record. A server has no memory for who has not shown that it receives
 * at its address, so there is none either for a hello in fragments, or larger than `MAX_CLIENT_HELLO`. Never throws.
 */
export function statelessHello(record: DtlsRecord): StatelessHello | undefined {
  if (record.type !== ContentType.handshake || record.epoch !== 0) return undefined;
  const message = wholeClientHello(record.fragment);
  const hello = message && decoded(message.body);
  return hello && { hello, message, recordSequence: record.sequence };
}

function wholeClientHello(fragment: Uint8Array): HandshakeMessage | undefined {
  const { length } = fragment;
  if (length < HANDSHAKE_HEADER_SIZE || length > HANDSHAKE_HEADER_SIZE + MAX_CLIENT_HELLO) return undefined;
  const reader = new ByteReader(fragment);
  const header = readFragmentHeader(reader);
  const body = reader.rest();
  if (header.type !== HandshakeType.clientHello || header.sequence > MAX_HELLO_SEQUENCE) return undefined;
  if (header.offset !== 0 || header.length !== body.length || header.fragmentLength !== body.length) return undefined;
  return encodeHandshakeMessage(header.type, header.sequence, body);
}

function decoded(body: Uint8Array): ClientHello | undefined {
  try {
    return decodeClientHello(body);
  } catch (error) {
    if (error instanceof DtlsError) return undefined;
    throw error;
  }
}
