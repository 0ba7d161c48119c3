import fc from 'fast-check';
import type { KeyExchange } from '../../src/cipher-suites.ts';
import { CertificateType } from '../../src/messages/certificate.ts';
import * as certificate from '../../src/messages/certificate.ts';
import * as certificateRequest from '../../src/messages/certificate-request.ts';
import * as certificateVerify from '../../src/messages/certificate-verify.ts';
import * as clientHello from '../../src/messages/client-hello.ts';
import * as clientKeyExchange from '../../src/messages/client-key-exchange.ts';
import { decodeFinished } from '../../src/messages/finished.ts';
import * as helloVerifyRequest from '../../src/messages/hello-verify-request.ts';
import * as newSessionTicket from '../../src/messages/new-session-ticket.ts';
import * as serverHello from '../../src/messages/server-hello.ts';
import * as serverKeyExchange from '../../src/messages/server-key-exchange.ts';

/** A codec with values for it. */
interface Codec<T> {
  readonly name: string;
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (body: Uint8Array) => T;
}

/** A codec whose type is nobody's business: bodies of valid messages, and what becomes of any body. */
export interface MessageCodec {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly bodies: fc.Arbitrary<Uint8Array>;
  readonly decode: (body: Uint8Array) => unknown;
  /** Decodes, encodes what came out, and decodes that. */
  readonly again: (body: Uint8Array) => unknown;
  readonly roundTrip: (value: unknown) => unknown;
}

function codec<T>({ name, values, encode, decode }: Codec<T>): MessageCodec {
  return {
    name,
    values,
    bodies: values.map(encode),
    decode,
    again: (body) => decode(encode(decode(body))),
    roundTrip: (value) => decode(encode(value as T)),
  };
}

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const listOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 12 });
const absentOr = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const bothHellos = {
  maxFragmentLength: absentOr(fc.integer({ min: 1, max: 4 })),
  recordSizeLimit: absentOr(fc.integer({ min: 64, max: 0xffff })),
  pointFormats: absentOr(fc.constantFrom([0], [1, 0], [0, 1, 2])),
  encryptThenMac: fc.boolean(),
  extendedMasterSecret: fc.boolean(),
  connectionId: absentOr(bytes(0, 40)),
  renegotiationInfo: absentOr(bytes(0, 24)),
};
const random = bytes(32, 32);
const sessionId = bytes(0, 32);
const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const signed = fc.record({ scheme: u16, signature: bytes(0, 80) });
const ecdh = fc.record({ group: u16, point: bytes(1, 97) });
const identity = bytes(0, 40);

const clientHellos = fc.record({
  version: u16,
  random,
  sessionId,
  cookie: bytes(0, 255),
  cipherSuites: listOf(u16),
  compressionMethods: fc.constantFrom([0], [1, 0]),
  extensions: fc.record({
    ...bothHellos,
    serverName: absentOr(fc.string({ unit: printable, minLength: 1, maxLength: 40 })),
    groups: absentOr(listOf(u16)),
    signatureSchemes: absentOr(listOf(u16)),
    clientCertificateTypes: absentOr(listOf(u8)),
    serverCertificateTypes: absentOr(listOf(u8)),
    sessionTicket: absentOr(bytes(0, 60)),
  }),
});

const serverExtensions = fc
  .record({
    ...bothHellos,
    serverName: fc.boolean(),
    clientCertificateType: absentOr(u8),
    serverCertificateType: absentOr(u8),
    sessionTicket: fc.boolean(),
  })
  .map((all) => (all.recordSizeLimit === undefined ? all : { ...all, maxFragmentLength: undefined }));

const serverHellos = fc.record({
  version: u16,
  random,
  sessionId,
  cipherSuite: u16,
  compressionMethod: u8,
  extensions: serverExtensions,
});

const keyExchangeCodecs = (['psk', 'ecdhe_psk', 'ecdhe_ecdsa'] as const).flatMap((keyExchange: KeyExchange) => [
  codec({
    name: `ServerKeyExchange ${keyExchange}`,
    values: fc.record({
      keyExchange: fc.constant(keyExchange),
      pskIdentityHint: keyExchange === 'ecdhe_ecdsa' ? fc.constant(undefined) : identity,
      ecdh: keyExchange === 'psk' ? fc.constant(undefined) : ecdh,
      signed: keyExchange === 'ecdhe_ecdsa' ? signed : fc.constant(undefined),
    }),
    encode: serverKeyExchange.encodeServerKeyExchange,
    decode: (body) => serverKeyExchange.decodeServerKeyExchange(body, keyExchange),
  }),
  codec({
    name: `ClientKeyExchange ${keyExchange}`,
    values: fc.record({
      keyExchange: fc.constant(keyExchange),
      pskIdentity: keyExchange === 'ecdhe_ecdsa' ? fc.constant(undefined) : identity,
      point: keyExchange === 'psk' ? fc.constant(undefined) : bytes(1, 97),
    }),
    encode: clientKeyExchange.encodeClientKeyExchange,
    decode: (body) => clientKeyExchange.decodeClientKeyExchange(body, keyExchange),
  }),
]);

/** The codecs of all messages that have a body. */
export const MESSAGE_CODECS: readonly MessageCodec[] = [
  codec({
    name: 'ClientHello',
    values: clientHellos,
    encode: clientHello.encodeClientHello,
    decode: clientHello.decodeClientHello,
  }),
  codec({
    name: 'ServerHello',
    values: serverHellos,
    encode: serverHello.encodeServerHello,
    decode: serverHello.decodeServerHello,
  }),
  codec({
    name: 'HelloVerifyRequest',
    values: fc.record({ version: u16, cookie: bytes(0, 255) }),
    encode: helloVerifyRequest.encodeHelloVerifyRequest,
    decode: helloVerifyRequest.decodeHelloVerifyRequest,
  }),
  codec({
    name: 'Certificate, a chain',
    values: fc.record({
      type: fc.constant(CertificateType.x509),
      chain: fc.array(bytes(1, 60), { maxLength: 5 }),
    }),
    encode: certificate.encodeCertificate,
    decode: (body) => certificate.decodeCertificate(body, CertificateType.x509) as never,
  }),
  codec({
    name: 'Certificate, a raw public key',
    values: fc.record({ type: fc.constant(CertificateType.rawPublicKey), publicKey: bytes(1, 91) }),
    encode: certificate.encodeCertificate,
    decode: (body) => certificate.decodeCertificate(body, CertificateType.rawPublicKey) as never,
  }),
  codec({
    name: 'CertificateRequest',
    values: fc.record({
      certificateTypes: listOf(u8),
      signatureSchemes: listOf(u16),
      authorities: fc.array(bytes(1, 40), { maxLength: 4 }),
    }),
    encode: certificateRequest.encodeCertificateRequest,
    decode: certificateRequest.decodeCertificateRequest,
  }),
  codec({
    name: 'CertificateVerify',
    values: signed,
    encode: certificateVerify.encodeCertificateVerify,
    decode: certificateVerify.decodeCertificateVerify,
  }),
  codec({
    name: 'NewSessionTicket',
    values: fc.record({ lifetimeSeconds: fc.nat(0xffff_ffff), ticket: bytes(0, 200) }),
    encode: newSessionTicket.encodeNewSessionTicket,
    decode: newSessionTicket.decodeNewSessionTicket,
  }),
  codec({ name: 'Finished', values: bytes(12, 12), encode: (body) => body, decode: decodeFinished }),
  ...keyExchangeCodecs,
];
