import { ByteReader } from '@flownexus/datagram';
import { DtlsError } from '../errors.ts';
import { MAX_CLIENT_HELLO, MAX_HELLO_SEQUENCE } from '../limits.ts';
import { decodeHelloFront, type HelloFront } from '../messages/client-hello.ts';
import { ContentType, type DtlsRecord } from '../records/record.ts';
import {
  encodeHandshakeMessage,
  HANDSHAKE_HEADER_SIZE,
  type HandshakeMessage,
  HandshakeType,
  readFragmentHeader,
} from './handshake-message.ts';

/** A ClientHello that came from anywhere. Owns its bytes. */
export interface StatelessHello extends HelloFront {
  readonly message: HandshakeMessage;
  /** What an answer takes on (RFC 6347 §4.2.1). */
  readonly recordSequence: number;
  /** Of its record: what the client takes records of, before a version is agreed on. */
  readonly recordVersion: number;
}

/**
 * The ClientHello that a record consists of; undefined for any other record. A server has no memory for who has not shown that it receives
 * at its address, so there is none either for a hello in fragments, or larger than `MAX_CLIENT_HELLO`. What follows the cookie is not judged:
 * who shows one that is good is told what is wrong (RFC 5246 §7.4.1.2). Never throws.
 */
export function statelessHello(record: DtlsRecord): StatelessHello | undefined {
  if (record.type !== ContentType.handshake || record.epoch !== 0) return undefined;
  const message = wholeClientHello(record.fragment);
  const front = message && frontOf(message.body);
  return front && { ...front, message, recordSequence: record.sequence, recordVersion: record.version };
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

function frontOf(body: Uint8Array): HelloFront | undefined {
  try {
    return decodeHelloFront(body);
  } catch (error) {
    if (error instanceof DtlsError) return undefined;
    throw error;
  }
}
