import { ephemeralKey, type EphemeralKey } from '../../crypto/ecdhe.ts';
import { serverKeyExchangeData, sign } from '../../crypto/signature.ts';
import { encodeCertificate } from '../../messages/certificate.ts';
import { ECDSA_SIGN, encodeCertificateRequest } from '../../messages/certificate-request.ts';
import type { ClientExtensions, ClientHello, ServerExtensions } from '../../messages/hello.ts';
import type { EcdhParameters } from '../../messages/key-exchange.ts';
import { encodeEcdhParameters, encodeServerKeyExchange } from '../../messages/server-key-exchange.ts';
import { SIGNATURE_SCHEMES } from '../../named-groups.ts';
import type { ServerContext } from '../contexts.ts';
import { addMessage, type FlightDraft } from '../flight-draft.ts';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.ts';
import type { Step } from '../machine.ts';
import { negotiate, serverHelloBody, type AnswerChoices } from './server-hello-answer.ts';
import type { Negotiation, ServerState, Underway } from './server-state.ts';
import { chooseSuite, type OwnCertificate, type SuiteChoice } from './suite-choice.ts';

const NOTHING: Uint8Array = new Uint8Array(0);
const UNCOMPRESSED_POINTS: readonly number[] = [0];

/** The first flight of a full handshake (flight 4 of RFC 6347 figure 1). Its first message has the message_seq of the ClientHello (§4.2.2). */
export function beginFullHandshake(
  context: ServerContext,
  hello: ClientHello,
  message: HandshakeMessage,
): Step<ServerState> {
  const choice = chooseSuite(context, hello);
  const negotiation = negotiate(context, hello, newSession(context, hello, choice));
  const extensions = fullExtensions(context, hello.extensions, choice);
  const begun = addMessage(
    { items: [], transcript: [message], nextSequence: message.sequence },
    HandshakeType.serverHello,
    serverHelloBody(context, hello, negotiation, extensions),
  );
  const { draft: offered, ephemeral } = addKeyExchange(begun, context, negotiation, choice);
  const draft = addMessage(offered, HandshakeType.serverHelloDone, NOTHING);
  const underway: Underway = {
    negotiation,
    transcript: draft.transcript,
    sendSequence: draft.nextSequence,
    receiveSequence: message.sequence + 1,
  };
  return {
    state:
      ephemeral !== undefined && negotiation.clientCertificateType !== undefined
        ? { ...underway, kind: 'awaitCertificate', ephemeral }
        : { ...underway, kind: 'awaitClientKeyExchange', ephemeral, claimed: undefined },
    outputs: [{ kind: 'send', flight: draft.items, final: false, maxPlaintext: negotiation.maxPlaintext }],
  };
}

/** What is decided for a session that begins now. One without the extended master secret is not kept: it could not be resumed (RFC 7627 §5.3). */
function newSession({ resumption }: ServerContext, { extensions }: ClientHello, choice: SuiteChoice): AnswerChoices {
  const keeper = extensions.extendedMasterSecret ? resumption : undefined;
  return {
    suite: choice.suite,
    sessionId: keeper?.newSessionId() ?? NOTHING,
    ticketDue: keeper?.tickets === true && extensions.sessionTicket !== undefined,
    clientCertificateType: choice.keyExchange === 'ecdhe_ecdsa' ? choice.certificate.clientType : undefined,
    startedAtMs: keeper?.now() ?? 0,
  };
}

function fullExtensions(
  context: ServerContext,
  offered: ClientExtensions,
  choice: SuiteChoice,
): Partial<ServerExtensions> {
  if (choice.keyExchange === 'psk') return {};
  // RFC 8422 §5.2
  const pointFormats = offered.pointFormats === undefined ? undefined : UNCOMPRESSED_POINTS;
  if (choice.keyExchange === 'ecdhe_psk') return { pointFormats };
  const { message, clientType } = choice.certificate;
  return {
    pointFormats,
    // RFC 6066 §3: when the name was used to choose the certificate.
    serverName: context.choosesByServerName && offered.serverName !== undefined,
    // RFC 7250 §4.2
    clientCertificateType: offered.clientCertificateTypes === undefined ? undefined : clientType,
    serverCertificateType: offered.serverCertificateTypes === undefined ? undefined : message.type,
  };
}

interface KeyExchangeDraft {
  readonly draft: FlightDraft;
  /** Undefined with plain PSK. */
  readonly ephemeral: EphemeralKey | undefined;
}

/** What stands between ServerHello and ServerHelloDone. */
function addKeyExchange(
  draft: FlightDraft,
  context: ServerContext,
  negotiation: Negotiation,
  choice: SuiteChoice,
): KeyExchangeDraft {
  switch (choice.keyExchange) {
    case 'psk':
      // RFC 4279 §2: without a hint there is no message. RFC 5489 §2: there always is.
      return {
        draft: context.pskIdentityHint === undefined ? draft : addPskParameters(draft, context, choice, undefined),
        ephemeral: undefined,
      };
    case 'ecdhe_psk': {
      const ephemeral = ephemeralKey(choice.group);
      return { draft: addPskParameters(draft, context, choice, ephemeral), ephemeral };
    }
    case 'ecdhe_ecdsa': {
      const ephemeral = ephemeralKey(choice.group);
      return { draft: addCertified(draft, context, negotiation, choice.certificate, ephemeral), ephemeral };
    }
  }
}

function addPskParameters(
  draft: FlightDraft,
  { pskIdentityHint }: ServerContext,
  { keyExchange }: SuiteChoice,
  ecdh: EcdhParameters | undefined,
): FlightDraft {
  const body = encodeServerKeyExchange({ keyExchange, pskIdentityHint, ecdh, signed: undefined });
  return addMessage(draft, HandshakeType.serverKeyExchange, body);
}

/** Certificate, the signed key exchange, and CertificateRequest if the client is to show one. */
function addCertified(
  draft: FlightDraft,
  { authorities }: ServerContext,
  { clientRandom, serverRandom, clientCertificateType }: Negotiation,
  { message, privateKey, scheme }: OwnCertificate,
  ecdh: EcdhParameters,
): FlightDraft {
  const data = serverKeyExchangeData(clientRandom, serverRandom, encodeEcdhParameters(ecdh));
  const keyExchange = encodeServerKeyExchange({
    keyExchange: 'ecdhe_ecdsa',
    pskIdentityHint: undefined,
    ecdh,
    signed: { scheme, signature: sign(privateKey, scheme, data) },
  });
  const certified = addMessage(draft, HandshakeType.certificate, encodeCertificate(message));
  const signed = addMessage(certified, HandshakeType.serverKeyExchange, keyExchange);
  if (clientCertificateType === undefined) return signed;
  const request = encodeCertificateRequest({
    certificateTypes: [ECDSA_SIGN],
    signatureSchemes: SIGNATURE_SCHEMES.map(({ id }) => id),
    authorities,
  });
  return addMessage(signed, HandshakeType.certificateRequest, request);
}
