import type { CipherSuite } from '../../cipher-suites.ts';
import { handshakeError } from '../../errors.ts';
import { MAX_PLAINTEXT } from '../../limits.ts';
import { CertificateType } from '../../messages/certificate.ts';
import type { CertificateMessage } from '../../messages/certificate.ts';
import type { ClientExtensions, ServerExtensions, ServerHello } from '../../messages/hello.ts';
import { DTLS_1_2 } from '../../records/record.ts';
import { bytesEqual } from '../../crypto/key-schedule.ts';
import type { ClientContext } from '../contexts.ts';
import type { ResumableSession } from '../machine.ts';
import type { Negotiation, Offer } from './client-state.ts';

/**
 * What a ServerHello makes of our offer (RFC 5246 §7.4.1.3). Throws a `DtlsError` for an answer that the offer does not allow.
 */
export function negotiate(context: ClientContext, offer: Offer, hello: ServerHello): Negotiation {
  if (hello.version !== DTLS_1_2) {
    throw handshakeError('protocol_version', 'the server does not choose DTLS 1.2');
  }
  const suite = offer.suites.find(({ id }) => id === hello.cipherSuite);
  if (suite === undefined)
    throw handshakeError('illegal_parameter', 'the server chose a cipher suite that was not offered');
  if (hello.compressionMethod !== 0) throw handshakeError('illegal_parameter', 'the server chose a compression');
  const { extensions } = hello;
  checkOffered(offer.hello.extensions, extensions);
  checkExtensions(context, offer.hello.extensions, extensions, suite);
  return {
    suite,
    clientRandom: offer.hello.random,
    serverRandom: new Uint8Array(hello.random),
    sessionId: new Uint8Array(hello.sessionId),
    extendedMasterSecret: extensions.extendedMasterSecret,
    encryptThenMac: extensions.encryptThenMac,
    ticketDue: extensions.sessionTicket,
    serverCertificateType: agreedType(extensions.serverCertificateType),
    clientCertificateType: agreedType(extensions.clientCertificateType),
    localCid: extensions.connectionId === undefined ? undefined : context.localCid,
    peerCid: extensions.connectionId && new Uint8Array(extensions.connectionId),
    maxPlaintext: maxPlaintext(extensions.maxFragmentLength),
  };
}

/**
 * The session that a ServerHello resumes, undefined when it begins a new one. Throws a `DtlsError` when it would resume it with other parameters.
 */
export function resumedSession(offer: Offer, negotiation: Negotiation): ResumableSession | undefined {
  const { session } = offer;
  if (session === undefined || !bytesEqual(negotiation.sessionId, offer.hello.sessionId)) return undefined;
  // RFC 5246 §7.4.1.3
  if (negotiation.suite.id !== session.suite.id) {
    throw handshakeError('illegal_parameter', 'the server resumes the session with another cipher suite');
  }
  // RFC 7627 §5.3
  if (negotiation.extendedMasterSecret !== session.extendedMasterSecret) {
    throw handshakeError('handshake_failure', 'the server resumes the session without the extended master secret');
  }
  if (negotiation.encryptThenMac !== session.encryptThenMac) {
    throw handshakeError(
      'illegal_parameter',
      'the server resumes the session with another order of encryption and MAC',
    );
  }
  return session;
}

/**
 * Throws a `DtlsError` when the server will show a certificate of a type that is not accepted: X.509 if it does not know RFC 7250. Only in a full
 * handshake: when a session is resumed nothing is shown, so servers do not answer the extension.
 */
export function checkServerCertificateType(context: ClientContext, { serverCertificateType }: Negotiation): void {
  if (!context.serverCertificateTypes.includes(serverCertificateType)) {
    throw handshakeError('unsupported_certificate', 'the server will show an X.509 certificate, which is not accepted');
  }
}

/** RFC 5246 §7.4.1.4: a server answers no extension that was not in the ClientHello. */
function checkOffered(offered: ClientExtensions, answered: ServerExtensions): void {
  const answers: readonly (readonly [name: string, answered: boolean, offered: boolean])[] = [
    ['server_name', answered.serverName, offered.serverName !== undefined],
    ['max_fragment_length', answered.maxFragmentLength !== undefined, offered.maxFragmentLength !== undefined],
    ['record_size_limit', answered.recordSizeLimit !== undefined, offered.recordSizeLimit !== undefined],
    ['ec_point_formats', answered.pointFormats !== undefined, offered.pointFormats !== undefined],
    [
      'client_certificate_type',
      answered.clientCertificateType !== undefined,
      offered.clientCertificateTypes !== undefined,
    ],
    [
      'server_certificate_type',
      answered.serverCertificateType !== undefined,
      offered.serverCertificateTypes !== undefined,
    ],
    ['encrypt_then_mac', answered.encryptThenMac, offered.encryptThenMac],
    ['extended_master_secret', answered.extendedMasterSecret, offered.extendedMasterSecret],
    ['session_ticket', answered.sessionTicket, offered.sessionTicket !== undefined],
    ['connection_id', answered.connectionId !== undefined, offered.connectionId !== undefined],
    // renegotiation_info is asked for by the signalling suite (RFC 5746 §3.4).
  ];
  for (const [name, isAnswered, isOffered] of answers) {
    if (isAnswered && !isOffered) {
      throw handshakeError('unsupported_extension', `the server answers ${name}, which was not offered`);
    }
  }
}

function checkExtensions(
  context: ClientContext,
  offered: ClientExtensions,
  answered: ServerExtensions,
  suite: CipherSuite,
): void {
  // RFC 5746 §3.4
  if (answered.renegotiationInfo !== undefined && answered.renegotiationInfo.length > 0) {
    throw handshakeError('handshake_failure', 'the server takes the first handshake for a renegotiation');
  }
  if (context.requireExtendedMasterSecret && !answered.extendedMasterSecret) {
    throw handshakeError('handshake_failure', 'the server does not know the extended master secret');
  }
  // RFC 7366 §3
  if (answered.encryptThenMac && suite.cipher !== 'aes-128-cbc-sha256') {
    throw handshakeError('illegal_parameter', 'the server answers encrypt_then_mac with an AEAD cipher suite');
  }
  // RFC 6066 §4
  if (answered.maxFragmentLength !== undefined && answered.maxFragmentLength !== offered.maxFragmentLength) {
    throw handshakeError('illegal_parameter', 'the server answers with another max_fragment_length');
  }
  checkType('client_certificate_type', offered.clientCertificateTypes, answered.clientCertificateType);
  checkType('server_certificate_type', offered.serverCertificateTypes, answered.serverCertificateType);
}

function checkType(name: string, offered: readonly number[] | undefined, answered: number | undefined): void {
  if (answered !== undefined && offered?.includes(answered) !== true) {
    throw handshakeError('illegal_parameter', `the server answers ${name} with a type that was not offered`);
  }
}

/** RFC 7250 §3: X.509 unless something else is agreed. */
function agreedType(answered: number | undefined): CertificateMessage['type'] {
  return answered === CertificateType.rawPublicKey ? CertificateType.rawPublicKey : CertificateType.x509;
}

/** RFC 6066 §4: 1 to 4 stand for 512 to 4096 bytes. */
function maxPlaintext(maxFragmentLength: number | undefined): number {
  return maxFragmentLength === undefined ? MAX_PLAINTEXT : 2 ** (8 + maxFragmentLength);
}
