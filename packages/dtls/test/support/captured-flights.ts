import { type CipherSuite, cipherSuite } from '../../src/cipher-suites.ts';
import type { Role } from '../../src/crypto/traffic-keys.ts';
import { type HandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { Reassembler } from '../../src/handshake/reassembler.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import type { ClientHello, ServerHello } from '../../src/messages/hello.ts';
import { decodeServerHello } from '../../src/messages/server-hello.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { ContentType, type DtlsRecord } from '../../src/records/record.ts';
import { fromHex } from '../hex.ts';
import flights from '../vectors/flights.json' with { type: 'json' };

/** A handshake between two foreign peers, and a few records after it, as it went over the loopback interface. */
export interface CapturedFlight {
  readonly name: string;
  /** The implementation and its version. */
  readonly source: string;
  /** The command lines. */
  readonly client: string;
  readonly server: string;
  /** As the peers logged it. */
  readonly masterSecret: Uint8Array;
  readonly datagrams: readonly { readonly from: Role; readonly bytes: Uint8Array }[];
}

/** All that were captured. */
export const CAPTURED_FLIGHTS: readonly CapturedFlight[] = flights.map(({ masterSecret, datagrams, ...rest }) => ({
  ...rest,
  masterSecret: fromHex(masterSecret),
  datagrams: datagrams.map(({ from, hex }) => ({ from: from as Role, bytes: fromHex(hex) })),
}));

/** A suite that the peers have for ECDHE_PSK and this package has not. */
const ECDHE_PSK_CBC: CipherSuite = {
  id: 0xc037,
  name: 'ECDHE_PSK_WITH_AES_128_CBC_SHA256',
  keyExchange: 'ecdhe_psk',
  cipher: 'aes-128-cbc-sha256',
  optIn: true,
};

/** What a handshake consists of, once its records and fragments are gone. */
export interface Conversation {
  /** Those of epoch 0, in order of message_seq. */
  readonly messages: Readonly<Record<Role, readonly HandshakeMessage[]>>;
  /** The second one, if there was a HelloVerifyRequest. */
  readonly clientHello: ClientHello;
  readonly serverHello: ServerHello;
  readonly suite: CipherSuite;
  /** The records of epoch 1, by who sent them. */
  readonly protectedRecords: Readonly<Record<Role, readonly DtlsRecord[]>>;
}

/** Takes a flight apart as far as it is readable without keys. */
export function conversationOf(flight: CapturedFlight): Conversation {
  const messages = { client: plainMessages(flight, 'client'), server: plainMessages(flight, 'server') };
  const clientHello = decodeClientHello(last(messages.client, HandshakeType.clientHello).body);
  const serverHello = decodeServerHello(last(messages.server, HandshakeType.serverHello).body);
  const suite = [cipherSuite(serverHello.cipherSuite), ECDHE_PSK_CBC].find(
    (one) => one?.id === serverHello.cipherSuite,
  );
  if (suite === undefined) throw new Error(`cipher suite ${serverHello.cipherSuite} is not known`);
  // Each side sends the Connection ID of the other.
  const cidLengths = {
    client: serverHello.extensions.connectionId?.length ?? 0,
    server: clientHello.extensions.connectionId?.length ?? 0,
  };
  const protectedOf = (from: Role): DtlsRecord[] =>
    recordsOf(flight, from, cidLengths[from]).filter((record) => record.epoch === 1);
  return {
    messages,
    clientHello,
    serverHello,
    suite,
    protectedRecords: { client: protectedOf('client'), server: protectedOf('server') },
  };
}

/** All records that a side sent. */
export function recordsOf(flight: CapturedFlight, from: Role, cidLength: number): DtlsRecord[] {
  return flight.datagrams
    .filter((datagram) => datagram.from === from)
    .flatMap(({ bytes }) => decodeRecords(bytes, cidLength));
}

function plainMessages(flight: CapturedFlight, from: Role): HandshakeMessage[] {
  const reassembler = new Reassembler(0);
  const messages: HandshakeMessage[] = [];
  for (const record of recordsOf(flight, from, 0)) {
    if (record.epoch !== 0 || record.type !== ContentType.handshake) continue;
    reassembler.add(record.fragment);
    for (let next = reassembler.next(); next !== undefined; next = reassembler.next()) messages.push(next);
  }
  return messages;
}

function last(messages: readonly HandshakeMessage[], type: number): HandshakeMessage {
  const found = messages.findLast((message) => message.type === type);
  if (found === undefined) throw new Error(`no message of type ${type}`);
  return found;
}
