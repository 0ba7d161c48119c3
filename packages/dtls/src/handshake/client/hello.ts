import { handshakeError } from '../../errors.ts';
import { MAX_HELLO_VERIFY_REQUESTS } from '../../limits.ts';
import { decodeHelloVerifyRequest } from '../../messages/hello-verify-request.ts';
import { decodeServerHello } from '../../messages/server-hello.ts';
import { DTLS_1_0, DTLS_1_2 } from '../../records/record.ts';
import { connectionSecrets } from '../connection-secrets.ts';
import type { ClientContext } from '../contexts.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { Step } from '../machine.ts';
import { extendTranscript } from '../transcript.ts';
import type { ClientState, ClientStateOf } from './client-state.ts';
import { stateBeforeFinished } from './closing.ts';
import { checkServerCertificateType, negotiate, resumedSession } from './negotiation.ts';
import { clientHelloMessage, makeOffer } from './offer.ts';

/** The first ClientHello: flight 1. Throws a `DtlsError` when there is nothing to offer. */
export function sendClientHello(context: ClientContext): Step<ClientState> {
  const offer = makeOffer(context);
  const hello = clientHelloMessage(offer, 0);
  return {
    state: { kind: 'serverHello', offer, transcript: extendTranscript([], hello), nextSequence: 1 },
    outputs: [{ kind: 'send', flight: [{ kind: 'message', epoch: 0, message: hello }], final: false }],
  };
}

/**
 * HelloVerifyRequest: the ClientHello again with its cookie, flight 3 (RFC 6347 §4.2.1). Another one may follow: the server has changed its secret
 * meanwhile.
 */
export function onHelloVerifyRequest(
  { offer, nextSequence }: ClientStateOf<'serverHello'>,
  message: HandshakeMessage,
): Step<ClientState> {
  // Each of our hellos but the first has answered one.
  if (nextSequence > MAX_HELLO_VERIFY_REQUESTS) {
    throw handshakeError('unexpected_message', `more than ${MAX_HELLO_VERIFY_REQUESTS} HelloVerifyRequests`);
  }
  const { version, cookie } = decodeHelloVerifyRequest(message.body);
  // RFC 6347 §4.2.1: DTLS 1.0 whatever will be chosen, but some servers say what they will choose.
  if (version !== DTLS_1_0 && version !== DTLS_1_2) {
    throw handshakeError('protocol_version', 'a HelloVerifyRequest of a version that is not DTLS');
  }
  const hello = clientHelloMessage(offer, nextSequence, cookie);
  return {
    state: {
      kind: 'serverHello',
      offer,
      // RFC 6347 §4.2.1: the first ClientHello and the HelloVerifyRequest are not part of the transcript.
      transcript: extendTranscript([], hello),
      nextSequence: nextSequence + 1,
    },
    outputs: [{ kind: 'send', flight: [{ kind: 'message', epoch: 0, message: hello }], final: false }],
  };
}

/** ServerHello: a full handshake begins, or the abbreviated one of a session that is resumed (RFC 5246 §7.3). */
export function onServerHello(
  context: ClientContext,
  state: ClientStateOf<'serverHello'>,
  message: HandshakeMessage,
): Step<ClientState> {
  const { offer, nextSequence } = state;
  const negotiation = negotiate(context, offer, decodeServerHello(message.body));
  const underway = { negotiation, nextSequence, transcript: extendTranscript(state.transcript, message) };
  const session = resumedSession(offer, negotiation);
  if (session !== undefined) {
    const { masterSecret, identity } = session;
    return {
      state: stateBeforeFinished({ ...underway, masterSecret, identity, resumed: session, ticket: undefined }),
      outputs: [{ kind: 'keys', secrets: connectionSecrets(negotiation, masterSecret) }],
    };
  }
  if (negotiation.suite.keyExchange !== 'ecdhe_ecdsa') {
    return { state: { ...underway, kind: 'serverKeyExchange', server: undefined }, outputs: [] };
  }
  checkServerCertificateType(context, negotiation);
  return { state: { ...underway, kind: 'certificate' }, outputs: [] };
}
