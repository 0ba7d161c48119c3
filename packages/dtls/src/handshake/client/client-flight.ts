import type { PeerIdentity } from '@flownexus/datagram';
import { ephemeralKey } from '../../crypto/ecdhe.ts';
import { pskPremaster } from '../../crypto/key-schedule.ts';
import { sign } from '../../crypto/signature.ts';
import { DtlsError } from '../../errors.ts';
import { MAX_PSK_IDENTITY, MAX_PSK_LENGTH } from '../../limits.ts';
import { encodeCertificateVerify } from '../../messages/certificate-verify.ts';
import { encodeCertificate } from '../../messages/certificate.ts';
import type { CertificateRequest } from '../../messages/certificate.ts';
import { encodeClientKeyExchange } from '../../messages/client-key-exchange.ts';
import { decodeEmpty } from '../../messages/finished.ts';
import type { EcdhParameters } from '../../messages/key-exchange.ts';
import { connectionSecrets, handshakeMasterSecret } from '../connection-secrets.ts';
import type { ClientContext } from '../contexts.ts';
import { addFinished, addMessage } from '../flight-draft.ts';
import type { FlightDraft } from '../flight-draft.ts';
import { HandshakeType } from '../handshake-message.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { Step } from '../machine.ts';
import { pskIdentityText } from '../psk-identity.ts';
import { extendTranscript, transcriptBytes } from '../transcript.ts';
import type { CertificateParameters, ClientState, ClientStateOf, PskParameters, Underway } from './client-state.ts';
import { stateBeforeFinished } from './closing.ts';
import { ownCertificate } from './own-certificate.ts';
import type { OwnCertificate } from './own-certificate.ts';

/** ServerHelloDone: our flight, or first the question for the pre-shared key. */
export function onServerHelloDone(
  context: ClientContext,
  state: Underway,
  parameters: PskParameters | CertificateParameters,
  request: CertificateRequest | undefined,
  message: HandshakeMessage,
): Step<ClientState> {
  decodeEmpty(message.body);
  const { negotiation, nextSequence } = state;
  const underway = { negotiation, nextSequence, transcript: extendTranscript(state.transcript, message) };
  if (parameters.authentication === 'psk') return askForPsk(context, underway, parameters);
  const { point, shared } = agree(parameters.ecdh);
  const certificate =
    request === undefined ? undefined : ownCertificate(context.credential, negotiation.clientCertificateType, request);
  return clientFlight(underway, {
    certificate,
    clientKeyExchange: encodeClientKeyExchange({ keyExchange: 'ecdhe_ecdsa', pskIdentity: undefined, point }),
    premaster: shared,
    identity: parameters.identity,
  });
}

/** The pre-shared key: our flight (RFC 4279 §2, RFC 5489 §2). */
export function onPsk(state: ClientStateOf<'psk'>, key: Uint8Array | undefined): Step<ClientState> {
  const { parameters, pskIdentity, identity, negotiation } = state;
  if (key === undefined || key.length === 0 || key.length > MAX_PSK_LENGTH) {
    throw new DtlsError('ERR_DTLS_CREDENTIAL', `the pre-shared key must have 1 to ${MAX_PSK_LENGTH} bytes`, {
      alert: 'handshake_failure',
    });
  }
  const agreed = parameters.ecdh === undefined ? undefined : agree(parameters.ecdh);
  const { keyExchange } = negotiation.suite;
  return clientFlight(state, {
    certificate: undefined,
    clientKeyExchange: encodeClientKeyExchange({ keyExchange, pskIdentity, point: agreed?.point }),
    premaster: pskPremaster(key, agreed?.shared),
    identity,
  });
}

function askForPsk(context: ClientContext, state: Underway, parameters: PskParameters): Step<ClientState> {
  const hint = parameters.identityHint;
  const pskIdentity = context.pskIdentity?.(hint);
  const text = pskIdentity === undefined ? undefined : pskIdentityText(pskIdentity);
  if (pskIdentity === undefined || text === undefined || pskIdentity.length > MAX_PSK_IDENTITY) {
    throw new DtlsError('ERR_DTLS_CREDENTIAL', `the PSK identity must be UTF-8 of up to ${MAX_PSK_IDENTITY} bytes`, {
      alert: 'internal_error',
    });
  }
  return {
    state: { ...state, kind: 'psk', parameters, pskIdentity, identity: { kind: 'psk', identity: text } },
    outputs: [{ kind: 'needPsk', identity: pskIdentity, hint }],
  };
}

/** Our half of an ECDH key exchange (RFC 8422 §5.10). */
function agree({ group, point }: EcdhParameters): { readonly point: Uint8Array; readonly shared: Uint8Array } {
  const key = ephemeralKey(group);
  return { point: key.point, shared: key.agree(point) };
}

interface Answer {
  /** Undefined when the server asked for none. */
  readonly certificate: OwnCertificate | undefined;
  readonly clientKeyExchange: Uint8Array;
  readonly premaster: Uint8Array;
  readonly identity: PeerIdentity;
}

/** [Certificate] ClientKeyExchange [CertificateVerify] ChangeCipherSpec Finished: flight 5. */
function clientFlight(state: Underway, answer: Answer): Step<ClientState> {
  const { negotiation } = state;
  const { certificate } = answer;
  let draft: FlightDraft = { items: [], transcript: state.transcript, nextSequence: state.nextSequence };
  if (certificate !== undefined) {
    draft = addMessage(draft, HandshakeType.certificate, encodeCertificate(certificate.message));
  }
  draft = addMessage(draft, HandshakeType.clientKeyExchange, answer.clientKeyExchange);
  const masterSecret = handshakeMasterSecret(negotiation, answer.premaster, draft.transcript);
  if (certificate?.signer !== undefined) {
    const { privateKey, scheme } = certificate.signer;
    // RFC 5246 §7.4.8: over all messages up to ClientKeyExchange.
    const signature = sign(privateKey, scheme, transcriptBytes(draft.transcript));
    draft = addMessage(draft, HandshakeType.certificateVerify, encodeCertificateVerify({ scheme, signature }));
  }
  const { items, transcript, nextSequence } = addFinished(draft, masterSecret, 'client');
  return {
    state: stateBeforeFinished({
      negotiation,
      transcript,
      nextSequence,
      masterSecret,
      identity: answer.identity,
      resumed: undefined,
      ticket: undefined,
    }),
    outputs: [
      { kind: 'keys', secrets: connectionSecrets(negotiation, masterSecret) },
      { kind: 'send', flight: items, final: false, maxPlaintext: negotiation.maxPlaintext },
    ],
  };
}
