import type { PeerIdentity } from '@flownexus/datagram';
import { bytesEqual, transcriptHash, verifyData } from '../../crypto/key-schedule.ts';
import { DtlsError } from '../../errors.ts';
import { decodeFinished } from '../../messages/finished.ts';
import { encodeNewSessionTicket } from '../../messages/new-session-ticket.ts';
import type { ServerContext, ServerSession } from '../contexts.ts';
import { addFinished, addMessage, type FlightDraft } from '../flight-draft.ts';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.ts';
import type { HandshakeOutput, Step } from '../machine.ts';
import type { Closing, ServerState, ServerStateOf } from './server-state.ts';
import { received } from './underway.ts';

/** ChangeCipherSpec of the client: what follows is in epoch 1, so now its keys are due, unless our own Finished has needed them before. */
export function onChangeCipherSpec(state: ServerStateOf<'awaitChangeCipherSpec'>): Step<ServerState> {
  const { secrets, resumed } = state;
  return { state: { ...state, kind: 'awaitFinished' }, outputs: resumed === 'no' ? [{ kind: 'keys', secrets }] : [] };
}

/** Finished of the client (RFC 5246 §7.4.9): the client is who it says. Ours follows unless it went before. */
export function onFinished(
  context: ServerContext,
  state: ServerStateOf<'awaitFinished'>,
  message: HandshakeMessage,
): Step<ServerState> {
  const { identity, secrets, negotiation, resumed } = state;
  const expected = verifyData(secrets.masterSecret, 'client', transcriptHash(state.transcript));
  const isRight = bytesEqual(decodeFinished(message.body), expected);
  if (!isRight || identity === undefined) {
    // RFC 5246 §7.2.2: a session that ended with a fatal alert is not resumed. Only who has its keys gets here.
    if (resumed === 'bySessionId') context.resumption?.forget(negotiation.sessionId);
    throw new DtlsError('ERR_DTLS_AUTHENTICATION', 'the Finished of the client does not fit the handshake', {
      alert: 'decrypt_error',
    });
  }
  const outputs = resumed === 'no' ? finalFlight(context, state, identity, message) : [];
  const connected: HandshakeOutput = {
    kind: 'connected',
    connection: {
      ...secrets,
      identity,
      resumed: resumed !== 'no',
      serverName: negotiation.serverName,
      resumable: undefined,
    },
  };
  return { state: { kind: 'connected' }, outputs: [...outputs, connected] };
}

/** [NewSessionTicket] ChangeCipherSpec Finished: flight 6. The session can be resumed from now on. */
function finalFlight(
  { resumption }: ServerContext,
  state: Closing,
  identity: PeerIdentity,
  message: HandshakeMessage,
): readonly HandshakeOutput[] {
  const { negotiation } = state;
  const { masterSecret } = state.secrets;
  const { suite, extendedMasterSecret, encryptThenMac, serverName, maxFragmentLength, startedAtMs, maxPlaintext } =
    negotiation;
  const session: ServerSession = {
    suite,
    masterSecret,
    extendedMasterSecret,
    encryptThenMac,
    identity,
    serverName,
    maxFragmentLength,
    startedAtMs,
  };
  const { transcript, sendSequence } = received(state, message);
  let draft: FlightDraft = { items: [], transcript, nextSequence: sendSequence };
  if (resumption !== undefined && negotiation.ticketDue) {
    const body = encodeNewSessionTicket(resumption.sealTicket(session));
    draft = addMessage(draft, HandshakeType.newSessionTicket, body);
  }
  draft = addFinished(draft, masterSecret, 'server');
  if (negotiation.sessionId.length > 0) resumption?.remember(negotiation.sessionId, session);
  return [{ kind: 'send', flight: draft.items, final: true, maxPlaintext }];
}
