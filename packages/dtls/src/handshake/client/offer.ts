import type { CipherSuite } from '../../cipher-suites.ts';
import { DtlsError } from '../../errors.ts';
import { MAX_TICKET } from '../../limits.ts';
import { CertificateType } from '../../messages/certificate.ts';
import { noClientExtensions } from '../../messages/client-extensions.ts';
import { encodeClientHello } from '../../messages/client-hello.ts';
import { RANDOM_LENGTH } from '../../messages/hello-fields.ts';
import type { ClientExtensions } from '../../messages/hello.ts';
import { NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../named-groups.ts';
import { DTLS_1_2 } from '../../records/record.ts';
import type { ClientContext } from '../contexts.ts';
import { encodeHandshakeMessage, HandshakeType } from '../handshake-message.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { OwnCredential, ResumableSession } from '../machine.ts';
import type { Offer } from './client-state.ts';

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3): says as much as the extension, and servers that know no extensions take it. */
const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;
const NULL_COMPRESSION = 0;
const UNCOMPRESSED_POINTS = 0;
/** RFC 5246 §7.4.1.2: the most there is room for. */
const SESSION_ID_LENGTH = 32;
const NOTHING: Uint8Array = new Uint8Array(0);

/** What a client with this context offers to a server. Throws a `DtlsError` when that is nothing. */
export function makeOffer(context: ClientContext): Offer {
  const suites = context.suites.filter((suite) => isUsable(suite, context));
  if (suites.length === 0) {
    throw new DtlsError('ERR_DTLS_CREDENTIAL', 'no cipher suite is left that the credentials of the client are for');
  }
  const session = sessionToOffer(context, suites);
  return {
    hello: {
      version: DTLS_1_2,
      random: context.random.bytes(RANDOM_LENGTH),
      sessionId: session === undefined ? NOTHING : sessionIdFor(session, context),
      cookie: NOTHING,
      cipherSuites: [...suites.map(({ id }) => id), EMPTY_RENEGOTIATION_INFO_SCSV],
      compressionMethods: [NULL_COMPRESSION],
      extensions: extensions(context, suites, session),
    },
    suites,
    session,
  };
}

/** The ClientHello of an offer. With a cookie it differs from the first one in nothing else (RFC 6347 §4.2.1). */
export function clientHelloMessage(
  { hello }: Offer,
  sequence: number,
  cookie: Uint8Array = hello.cookie,
): HandshakeMessage {
  return encodeHandshakeMessage(HandshakeType.clientHello, sequence, encodeClientHello({ ...hello, cookie }));
}

function isUsable(suite: CipherSuite, context: ClientContext): boolean {
  return suite.keyExchange === 'ecdhe_ecdsa'
    ? context.serverCertificateTypes.length > 0
    : context.pskIdentity !== undefined;
}

/**
 * The session of the context if it may be resumed now. One without the extended master secret is not (RFC 7627 §5.3), nor one for another
 * server name (RFC 6066 §3).
 */
function sessionToOffer(context: ClientContext, suites: readonly CipherSuite[]): ResumableSession | undefined {
  const { session } = context;
  if (session?.extendedMasterSecret !== true || session.serverName !== context.serverName) return undefined;
  if (!suites.some(({ id }) => id === session.suite.id)) return undefined;
  return session.sessionId.length > 0 || ticketToOffer(session, context) !== undefined ? session : undefined;
}

/** Our own choice when there is only a ticket, so that a server that takes it shows it (RFC 5077 §3.4). */
function sessionIdFor(session: ResumableSession, context: ClientContext): Uint8Array {
  return session.sessionId.length > 0 ? session.sessionId : context.random.bytes(SESSION_ID_LENGTH);
}

function ticketToOffer(session: ResumableSession | undefined, context: ClientContext): Uint8Array | undefined {
  const ticket = context.tickets ? session?.ticket : undefined;
  return ticket !== undefined && ticket.length <= MAX_TICKET ? ticket : undefined;
}

function extensions(
  context: ClientContext,
  suites: readonly CipherSuite[],
  session: ResumableSession | undefined,
): ClientExtensions {
  const ecdhe = suites.some(({ keyExchange }) => keyExchange !== 'psk');
  const ecdsa = suites.some(({ keyExchange }) => keyExchange === 'ecdhe_ecdsa');
  return {
    ...noClientExtensions,
    serverName: context.serverName,
    maxFragmentLength: context.maxFragmentLength,
    groups: ecdhe ? NAMED_GROUPS.map(({ id }) => id) : undefined,
    pointFormats: ecdhe ? [UNCOMPRESSED_POINTS] : undefined,
    signatureSchemes: ecdsa ? SIGNATURE_SCHEMES.map(({ id }) => id) : undefined,
    clientCertificateTypes: ecdsa ? extensionTypes(ownTypes(context.credential)) : undefined,
    serverCertificateTypes: ecdsa ? extensionTypes(context.serverCertificateTypes) : undefined,
    encryptThenMac: suites.some(({ cipher }) => cipher === 'aes-128-cbc-sha256'),
    extendedMasterSecret: true,
    sessionTicket: context.tickets ? (ticketToOffer(session, context) ?? NOTHING) : undefined,
    connectionId: context.localCid,
  };
}

/** The certificate types that we can show, the raw public key first: who has both has asked for it. */
function ownTypes(credential: OwnCredential | undefined): readonly number[] {
  const types: number[] = [];
  if (credential?.rawPublicKey !== undefined) types.push(CertificateType.rawPublicKey);
  if (credential?.chain !== undefined) types.push(CertificateType.x509);
  return types;
}

/** RFC 7250 §4.1: the extension is left out when it would name nothing but X.509. */
function extensionTypes(types: readonly number[]): readonly number[] | undefined {
  return types.some((type) => type !== CertificateType.x509) ? types : undefined;
}
