import type { KeyObject } from 'node:crypto';
import { serverKeyExchangeData, verify } from '../../crypto/signature.ts';
import { DtlsError, formatError, handshakeError } from '../../errors.ts';
import { decodeCertificateRequest } from '../../messages/certificate-request.ts';
import { CertificateType, decodeCertificate } from '../../messages/certificate.ts';
import type { EcdhParameters, ServerKeyExchange } from '../../messages/key-exchange.ts';
import { decodeServerKeyExchange, encodeEcdhParameters } from '../../messages/server-key-exchange.ts';
import { namedGroup, SIGNATURE_SCHEMES } from '../../named-groups.ts';
import type { ClientContext } from '../contexts.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { PeerVerdict, Step } from '../machine.ts';
import { extendTranscript } from '../transcript.ts';
import type { ClientState, ClientStateOf, Negotiation } from './client-state.ts';

/** Certificate: asks for a verdict and waits for it (RFC 5246 §7.4.2, RFC 7250 §4.2). */
export function onCertificate(
  context: ClientContext,
  state: ClientStateOf<'certificate'>,
  message: HandshakeMessage,
): Step<ClientState> {
  const certificate = decodeCertificate(message.body, state.negotiation.serverCertificateType);
  // RFC 5246 §7.4.2: only clients may have none.
  if (certificate.type === CertificateType.x509 && certificate.chain.length === 0)
    throw handshakeError('bad_certificate', 'the server shows no certificate');
  return {
    state: { ...state, kind: 'peer', transcript: extendTranscript(state.transcript, message) },
    outputs: [{ kind: 'needPeer', certificate, serverName: context.serverName }],
  };
}

/** The verdict about the certificate. */
export function onPeer(state: ClientStateOf<'peer'>, verdict: PeerVerdict): Step<ClientState> {
  if (!verdict.trusted) throw new DtlsError('ERR_DTLS_AUTHENTICATION', verdict.reason, { alert: verdict.alert });
  const server = { identity: verdict.identity, publicKey: verdict.publicKey };
  return { state: { ...state, kind: 'serverKeyExchange', server }, outputs: [] };
}

/** ServerKeyExchange: with a certificate it has to be signed by the key of it (RFC 8422 §5.4, RFC 4279 §2, RFC 5489 §2). */
export function onServerKeyExchange(
  state: ClientStateOf<'serverKeyExchange'>,
  message: HandshakeMessage,
): Step<ClientState> {
  const { negotiation, server } = state;
  const exchange = decodeServerKeyExchange(message.body, negotiation.suite.keyExchange);
  const transcript = extendTranscript(state.transcript, message);
  if (exchange.ecdh !== undefined) checkGroup(exchange.ecdh);
  if (server !== undefined) {
    const ecdh = signedParameters(negotiation, server.publicKey, exchange);
    const parameters = { authentication: 'certificate', identity: server.identity, ecdh } as const;
    return { state: { ...state, kind: 'certificateRequest', transcript, parameters }, outputs: [] };
  }
  const { ecdh, pskIdentityHint: hint } = exchange;
  // RFC 5489 §2: an empty hint stands for none.
  const identityHint = hint === undefined || hint.length === 0 ? undefined : hint;
  const parameters = { authentication: 'psk', identityHint, ecdh } as const;
  // RFC 4279 §2, RFC 5489 §2: a server that has a key in common with us asks for no certificate.
  return { state: { ...state, kind: 'serverHelloDone', transcript, parameters, request: undefined }, outputs: [] };
}

/** CertificateRequest (RFC 5246 §7.4.4). */
export function onCertificateRequest(
  state: ClientStateOf<'certificateRequest'>,
  message: HandshakeMessage,
): Step<ClientState> {
  const request = decodeCertificateRequest(message.body);
  const transcript = extendTranscript(state.transcript, message);
  return { state: { ...state, kind: 'serverHelloDone', transcript, request }, outputs: [] };
}

/** RFC 8422 §5.4: the client has offered all groups that are built. */
function checkGroup({ group }: EcdhParameters): void {
  if (namedGroup(group) === undefined) {
    throw handshakeError('illegal_parameter', `the server chose group ${group}, which was not offered`);
  }
}

function signedParameters(
  { clientRandom, serverRandom }: Negotiation,
  publicKey: KeyObject,
  { ecdh, signed }: ServerKeyExchange,
): EcdhParameters {
  if (ecdh === undefined || signed === undefined) throw formatError('a ServerKeyExchange without a signature');
  if (!SIGNATURE_SCHEMES.some(({ id }) => id === signed.scheme)) {
    throw handshakeError('illegal_parameter', 'the server signed with a scheme that was not offered');
  }
  const data = serverKeyExchangeData(clientRandom, serverRandom, encodeEcdhParameters(ecdh));
  if (!verify(publicKey, signed.scheme, data, signed.signature)) {
    throw new DtlsError('ERR_DTLS_AUTHENTICATION', 'the key exchange is not signed by the key of the certificate', {
      alert: 'decrypt_error',
    });
  }
  return ecdh;
}
