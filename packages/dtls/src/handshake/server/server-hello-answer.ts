import type { CipherSuite } from '../../cipher-suites.ts';
import { MAX_PLAINTEXT } from '../../limits.ts';
import type { ClientExtensions, ClientHello, ServerExtensions } from '../../messages/hello.ts';
import { RANDOM_LENGTH } from '../../messages/hello-fields.ts';
import { noServerExtensions } from '../../messages/server-extensions.ts';
import { encodeServerHello } from '../../messages/server-hello.ts';
import { DTLS_1_2 } from '../../records/record.ts';
import type { ServerContext } from '../contexts.ts';
import type { Negotiation } from './server-state.ts';

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3): asks for renegotiation_info like the extension. */
const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;
const NOTHING: Uint8Array = new Uint8Array(0);

/** What a full and an abbreviated handshake decide differently. */
export interface AnswerChoices {
  readonly suite: CipherSuite;
  readonly sessionId: Uint8Array;
  readonly ticketDue: boolean;
  readonly clientCertificateType: Negotiation['clientCertificateType'];
  readonly startedAtMs: number;
}

/** What this server agrees on with a client. Takes the Connection ID of the association from the context if the client offers the extension. */
export function negotiate(context: ServerContext, hello: ClientHello, choices: AnswerChoices): Negotiation {
  const { extensions } = hello;
  const localCid = extensions.connectionId === undefined ? undefined : context.localCid();
  return {
    ...choices,
    clientRandom: new Uint8Array(hello.random),
    serverRandom: new Uint8Array(context.random.bytes(RANDOM_LENGTH)),
    extendedMasterSecret: extensions.extendedMasterSecret,
    encryptThenMac: usesEncryptThenMac(choices.suite, extensions),
    serverName: extensions.serverName,
    maxFragmentLength: agreedFragmentLength(extensions),
    localCid,
    peerCid:
      localCid === undefined || extensions.connectionId === undefined
        ? undefined
        : new Uint8Array(extensions.connectionId),
    maxPlaintext: maxPlaintext(extensions),
  };
}

/** RFC 7366 §3: with CBC alone. */
export function usesEncryptThenMac({ cipher }: CipherSuite, { encryptThenMac }: ClientExtensions): boolean {
  return encryptThenMac && cipher === 'aes-128-cbc-sha256';
}

/** What max_fragment_length is answered with. RFC 8449 §5: nothing beside record_size_limit. */
export function agreedFragmentLength({ recordSizeLimit, maxFragmentLength }: ClientExtensions): number | undefined {
  return recordSizeLimit === undefined ? maxFragmentLength : undefined;
}

/**
 * The body of the ServerHello (RFC 5246 §7.4.1.3): nothing in it that the client has not offered. `full` has the extensions that only a full
 * handshake answers: server_name, point formats and certificate types.
 */
export function serverHelloBody(
  context: ServerContext,
  hello: ClientHello,
  negotiation: Negotiation,
  full: Partial<ServerExtensions>,
): Uint8Array {
  const { suite, serverRandom, sessionId } = negotiation;
  const offered = hello.extensions;
  const asksForRenegotiationInfo =
    offered.renegotiationInfo !== undefined || hello.cipherSuites.includes(EMPTY_RENEGOTIATION_INFO_SCSV);
  return encodeServerHello({
    version: DTLS_1_2,
    random: serverRandom,
    sessionId,
    cipherSuite: suite.id,
    compressionMethod: 0,
    extensions: {
      ...noServerExtensions,
      ...full,
      maxFragmentLength: negotiation.maxFragmentLength,
      recordSizeLimit: offered.recordSizeLimit === undefined ? undefined : context.maxPlaintext,
      encryptThenMac: negotiation.encryptThenMac,
      extendedMasterSecret: negotiation.extendedMasterSecret,
      sessionTicket: negotiation.ticketDue,
      connectionId: negotiation.localCid,
      renegotiationInfo: asksForRenegotiationInfo ? NOTHING : undefined,
    },
  });
}

/** What the client takes in a record: RFC 8449 §4 counts the plaintext in DTLS 1.2, RFC 6066 §4 has 1 to 4 for 512 to 4096 bytes. */
function maxPlaintext({ recordSizeLimit, maxFragmentLength }: ClientExtensions): number {
  if (recordSizeLimit !== undefined) return Math.min(recordSizeLimit, MAX_PLAINTEXT);
  return maxFragmentLength === undefined ? MAX_PLAINTEXT : 2 ** (8 + maxFragmentLength);
}
