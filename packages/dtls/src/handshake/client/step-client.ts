import type { ClientContext } from '../contexts.ts';
import { HandshakeType } from '../handshake-message.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { HandshakeInput, Step } from '../machine.ts';
import { stepError, unexpectedInput } from '../step-error.ts';
import { onPsk, onServerHelloDone } from './client-flight.ts';
import type { ClientState } from './client-state.ts';
import { onChangeCipherSpec, onFinished, onNewSessionTicket } from './closing.ts';
import { onHelloVerifyRequest, onServerHello, sendClientHello } from './hello.ts';
import { onCertificate, onCertificateRequest, onPeer, onServerKeyExchange } from './server-flight.ts';

/*
 * RFC 6347 §4.2.4, figure 1, a full handshake; figure 2, an abbreviated one. What is in brackets may be missing.
 *
 *   Client                                   Server
 *   ------                                   ------
 *   ClientHello             -------->                           Flight 1
 *                           <--------    [HelloVerifyRequest]   Flight 2
 *   [ClientHello]           -------->                           Flight 3
 *                                               ServerHello
 *                                             [Certificate]
 *                                       [ServerKeyExchange]
 *                                      [CertificateRequest]
 *                           <--------       ServerHelloDone     Flight 4
 *   [Certificate]
 *   ClientKeyExchange
 *   [CertificateVerify]
 *   ChangeCipherSpec
 *   Finished                -------->                           Flight 5
 *                                        [NewSessionTicket]
 *                                          ChangeCipherSpec
 *                           <--------              Finished     Flight 6
 *
 *   ClientHello             -------->                           Flight 1
 *                           <--------    [HelloVerifyRequest]
 *   [ClientHello]           -------->
 *                                               ServerHello
 *                                        [NewSessionTicket]
 *                                          ChangeCipherSpec
 *                           <--------              Finished     Flight 2
 *   ChangeCipherSpec
 *   Finished                -------->                           Flight 3
 */

/** The first step of a client: its ClientHello. With nothing to offer it fails. */
export function startClient(context: ClientContext): Step<ClientState> {
  return orFailure(() => sendClientHello(context));
}

/**
 * One step of a client: pure but for what the context does, and never throws. Input that a state does not take ends the handshake with
 * `unexpected_message`; a handshake that has ended takes any input and does nothing.
 */
export function stepClient(context: ClientContext, state: ClientState, input: HandshakeInput): Step<ClientState> {
  return orFailure(() => step(context, state, input));
}

function step(context: ClientContext, state: ClientState, input: HandshakeInput): Step<ClientState> {
  if (state.kind === 'connected' || state.kind === 'failed') return { state, outputs: [] };
  if (isHelloRequest(input)) return { state, outputs: [] };
  let next: Step<ClientState> | undefined;
  if (input.kind === 'message' && input.epoch === epochOf(input.message)) {
    next = onMessage(context, state, input.message);
  }
  if (input.kind === 'changeCipherSpec' && state.kind === 'changeCipherSpec') next = onChangeCipherSpec(state);
  if (input.kind === 'psk' && state.kind === 'psk') next = onPsk(state, input.key);
  if (input.kind === 'peer' && state.kind === 'peer') next = onPeer(state, input.verdict);
  if (next === undefined) throw unexpectedInput(state.kind, input);
  return next;
}

/** RFC 5246 §7.4.1.1: in the middle of a handshake it is ignored, and no part of the transcript. With content it is none. */
function isHelloRequest(input: HandshakeInput): boolean {
  if (input.kind !== 'message' || input.epoch !== 0) return false;
  return input.message.type === HandshakeType.helloRequest && input.message.body.length === 0;
}

/** Finished is the only message under the new keys (RFC 5246 §7.1): in plaintext it would prove nothing. */
function epochOf({ type }: HandshakeMessage): 0 | 1 {
  return type === HandshakeType.finished ? 1 : 0;
}

/** All messages that a client takes, by what it waits for; undefined for any other. */
function onMessage(
  context: ClientContext,
  state: ClientState,
  message: HandshakeMessage,
): Step<ClientState> | undefined {
  const { type } = message;
  switch (state.kind) {
    case 'serverHello':
      if (type === HandshakeType.helloVerifyRequest) return onHelloVerifyRequest(state, message);
      if (type === HandshakeType.serverHello) return onServerHello(context, state, message);
      break;
    case 'certificate':
      if (type === HandshakeType.certificate) return onCertificate(context, state, message);
      break;
    case 'serverKeyExchange':
      if (type === HandshakeType.serverKeyExchange) return onServerKeyExchange(state, message);
      // RFC 4279 §2: a server without a hint leaves it out.
      if (type === HandshakeType.serverHelloDone && state.negotiation.suite.keyExchange === 'psk') {
        const parameters = { authentication: 'psk', identityHint: undefined, ecdh: undefined } as const;
        return onServerHelloDone(context, state, parameters, undefined, message);
      }
      break;
    case 'certificateRequest':
      if (type === HandshakeType.certificateRequest) return onCertificateRequest(state, message);
      if (type === HandshakeType.serverHelloDone) {
        return onServerHelloDone(context, state, state.parameters, undefined, message);
      }
      break;
    case 'serverHelloDone':
      if (type === HandshakeType.serverHelloDone) {
        return onServerHelloDone(context, state, state.parameters, state.request, message);
      }
      break;
    case 'newSessionTicket':
      if (type === HandshakeType.newSessionTicket) return onNewSessionTicket(state, message);
      break;
    case 'finished':
      if (type === HandshakeType.finished) return onFinished(context, state, message);
      break;
    default:
      break;
  }
  return undefined;
}

function orFailure(run: () => Step<ClientState>): Step<ClientState> {
  try {
    return run();
  } catch (thrown) {
    return { state: { kind: 'failed' }, outputs: [{ kind: 'failed', error: stepError(thrown) }] };
  }
}
