import type { ServerContext } from '../contexts.ts';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.ts';
import type { HandshakeInput, HandshakeMachine, Step } from '../machine.ts';
import { stepError, unexpectedInput } from '../step-error.ts';
import { onCertificate, onCertificateVerify, onPeer } from './certificate-step.ts';
import { onClientHello } from './client-hello-step.ts';
import { onChangeCipherSpec, onFinished } from './finished-step.ts';
import { onClientKeyExchange, onPsk } from './key-exchange-step.ts';
import type { ServerState } from './server-state.ts';

// RFC 6347 figure 1, a full handshake. The cookie exchange before it (flights 1 and 2) is not the machine's. In brackets: [Certificate] only when
// the suite has certificates, [CertificateRequest] and what answers it only when clients show one too, [ServerKeyExchange] not for PSK without a hint,
// [NewSessionTicket] when the client wants one (RFC 5077 figure 1).
//
//      client                                            server                    the server waits in
//   3  ClientHello                            ------>                              awaitClientHello
//   4                                         <------    ServerHello
//                                                       [Certificate]
//                                                       [ServerKeyExchange]
//                                                       [CertificateRequest]
//                                                        ServerHelloDone
//   5  [Certificate]                          ------>                              awaitCertificate, then awaitPeer
//      ClientKeyExchange                                                           awaitClientKeyExchange, then awaitPsk
//      [CertificateVerify]                                                         awaitCertificateVerify
//      ChangeCipherSpec                                                            awaitChangeCipherSpec
//      Finished                                                                    awaitFinished
//   6                                         <------   [NewSessionTicket]
//                                                        ChangeCipherSpec
//                                                        Finished                  connected
//
// RFC 6347 figure 2, an abbreviated handshake.
//
//   1  ClientHello                            ------>                              awaitClientHello
//   2                                         <------    ServerHello
//                                                       [NewSessionTicket]
//                                                        ChangeCipherSpec
//                                                        Finished
//   3  ChangeCipherSpec                       ------>                              awaitChangeCipherSpec
//      Finished                                                                    awaitFinished, then connected

/** All that a server takes from a client: the one message of each state, and the epoch of the records that bring it. */
const EXPECTED: Readonly<Partial<Record<ServerState['kind'], { readonly type: number; readonly epoch: 0 | 1 }>>> = {
  awaitClientHello: { type: HandshakeType.clientHello, epoch: 0 },
  awaitCertificate: { type: HandshakeType.certificate, epoch: 0 },
  awaitClientKeyExchange: { type: HandshakeType.clientKeyExchange, epoch: 0 },
  awaitCertificateVerify: { type: HandshakeType.certificateVerify, epoch: 0 },
  awaitFinished: { type: HandshakeType.finished, epoch: 1 },
};

/** Where every handshake of a server begins. */
export const SERVER_START: ServerState = { kind: 'awaitClientHello' };

/**
 * One step of a handshake on the server: pure but for what the context does, and never throws. Input that a state does not take ends the
 * handshake with `unexpected_message`; a handshake that has ended takes any input and does nothing.
 */
export function stepServer(context: ServerContext, state: ServerState, input: HandshakeInput): Step<ServerState> {
  try {
    return step(context, state, input);
  } catch (thrown) {
    return { state: { kind: 'failed' }, outputs: [{ kind: 'failed', error: stepError(thrown) }] };
  }
}

/** The handshake of a server as `HandshakeSession` drives it. Its first input is the ClientHello with a good cookie. */
export function serverMachine(context: ServerContext): HandshakeMachine {
  let state = SERVER_START;
  return {
    start: () => [],
    step(input) {
      const next = stepServer(context, state, input);
      state = next.state;
      return next.outputs;
    },
    get expectsChangeCipherSpec() {
      return state.kind === 'awaitChangeCipherSpec';
    },
    get isWaiting() {
      return state.kind === 'awaitPsk' || state.kind === 'awaitPeer';
    },
  };
}

function step(context: ServerContext, state: ServerState, input: HandshakeInput): Step<ServerState> {
  if (state.kind === 'connected' || state.kind === 'failed') return { state, outputs: [] };
  if (input.kind === 'message' && isExpected(state, input.message, input.epoch)) {
    return onMessage(context, state, input.message);
  }
  if (input.kind === 'changeCipherSpec' && state.kind === 'awaitChangeCipherSpec') return onChangeCipherSpec(state);
  if (input.kind === 'psk' && state.kind === 'awaitPsk') return onPsk(context, state, input.key);
  if (input.kind === 'peer' && state.kind === 'awaitPeer') return onPeer(state, input.verdict);
  throw unexpectedInput(state.kind, input);
}

function isExpected(state: ServerState, message: HandshakeMessage, epoch: number): boolean {
  const expected = EXPECTED[state.kind];
  if (expected?.type !== message.type || expected.epoch !== epoch) return false;
  // RFC 6347 §4.2.2: the ClientHello says where the count begins.
  return !('receiveSequence' in state) || state.receiveSequence === message.sequence;
}

function onMessage(context: ServerContext, state: ServerState, message: HandshakeMessage): Step<ServerState> {
  switch (state.kind) {
    case 'awaitClientHello':
      return onClientHello(context, message);
    case 'awaitCertificate':
      return onCertificate(state, message);
    case 'awaitClientKeyExchange':
      return onClientKeyExchange(context, state, message);
    case 'awaitCertificateVerify':
      return onCertificateVerify(state, message);
    case 'awaitFinished':
      return onFinished(context, state, message);
    default:
      return { state, outputs: [] };
  }
}
