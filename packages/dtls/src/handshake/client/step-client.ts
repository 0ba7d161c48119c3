import { DtlsError, handshakeError } from '../../errors.ts';
import type { ClientContext } from '../contexts.ts';
import { HandshakeType } from '../handshake-message.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { HandshakeInput, Step } from '../machine.ts';
import { onPsk, onServerHelloDone } from './client-flight.ts';
import type { ClientState, ClientStateOf } from './client-state.ts';
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
 * One step of a client. What the server says out of turn fails with `unexpected_message`, except a ChangeCipherSpec: it has no place in the
 * order of messages, so one that comes early is dropped. After the end nothing has an effect.
 */
export function stepClient(context: ClientContext, state: ClientState, input: HandshakeInput): Step<ClientState> {
  if (state.kind === 'connected' || state.kind === 'failed') return { state, outputs: [] };
  return orFailure(() => step(context, state, input));
}

type LiveState = Exclude<ClientState, ClientStateOf<'connected' | 'failed'>>;

function step(context: ClientContext, state: LiveState, input: HandshakeInput): Step<ClientState> {
  switch (input.kind) {
    case 'message':
      checkEpoch(input.message, input.epoch);
      return onMessage(context, state, input.message);
    case 'changeCipherSpec':
      return state.kind === 'changeCipherSpec' ? onChangeCipherSpec(state) : { state, outputs: [] };
    case 'psk':
      if (state.kind === 'psk') return onPsk(state, input.key);
      break;
    case 'peer':
      if (state.kind === 'peer') return onPeer(state, input.verdict);
      break;
  }
  throw handshakeError('internal_error', `an answer to a question that was not asked: ${input.kind}`);
}

/** Only Finished is protected (RFC 5246 §7.1): in plaintext it proves nothing, and nothing else is due under the keys of epoch 1. */
function checkEpoch({ type }: HandshakeMessage, epoch: number): void {
  if (epoch !== (type === HandshakeType.finished ? 1 : 0)) {
    throw handshakeError('unexpected_message', `a handshake message of type ${type} in epoch ${epoch}`);
  }
}

/** All messages that a client takes, by what it waits for. */
function onMessage(context: ClientContext, state: LiveState, message: HandshakeMessage): Step<ClientState> {
  const { type } = message;
  switch (state.kind) {
    case 'helloVerifyRequest':
      if (type === HandshakeType.helloVerifyRequest) return onHelloVerifyRequest(state, message);
      if (type === HandshakeType.serverHello) return onServerHello(context, state, message);
      break;
    case 'serverHello':
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
    case 'peer':
    case 'psk':
    case 'changeCipherSpec':
      break;
  }
  throw handshakeError('unexpected_message', `a handshake message of type ${type} while waiting for ${state.kind}`);
}

function orFailure(run: () => Step<ClientState>): Step<ClientState> {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof DtlsError)) throw error;
    return { state: { kind: 'failed' }, outputs: [{ kind: 'failed', error }] };
  }
}
