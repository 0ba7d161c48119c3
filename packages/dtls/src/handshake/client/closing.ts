import { bytesEqual, transcriptHash, verifyData } from '../../crypto/key-schedule.ts';
import { handshakeError } from '../../errors.ts';
import { decodeFinished } from '../../messages/finished.ts';
import { decodeNewSessionTicket } from '../../messages/new-session-ticket.ts';
import { connectionSecrets } from '../connection-secrets.ts';
import type { ClientContext } from '../contexts.ts';
import { addFinished } from '../flight-draft.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { EstablishedConnection, ResumableSession, Step } from '../machine.ts';
import { extendTranscript } from '../transcript.ts';
import type { ClientState, ClientStateOf, Closing } from './client-state.ts';

const NO_SESSION_ID: Uint8Array = new Uint8Array(0);

/** What a client with all keys waits for next: the ticket if one was announced (RFC 5077 §3.3), or the end of the server's flight. */
export function stateBeforeFinished(closing: Closing): ClientState {
  return { ...closing, kind: closing.negotiation.ticketDue ? 'newSessionTicket' : 'changeCipherSpec' };
}

/** NewSessionTicket (RFC 5077 §3.3). */
export function onNewSessionTicket(
  state: ClientStateOf<'newSessionTicket'>,
  message: HandshakeMessage,
): Step<ClientState> {
  const { ticket } = decodeNewSessionTicket(message.body);
  return {
    state: {
      ...state,
      kind: 'changeCipherSpec',
      transcript: extendTranscript(state.transcript, message),
      // RFC 5077 §3.3: an empty one says that there is none after all.
      ticket: ticket.length > 0 ? new Uint8Array(ticket) : undefined,
    },
    outputs: [],
  };
}

/** ChangeCipherSpec: the next message is in epoch 1. */
export function onChangeCipherSpec(state: ClientStateOf<'changeCipherSpec'>): Step<ClientState> {
  return { state: { ...state, kind: 'finished' }, outputs: [] };
}

/** Finished of the server: the end, or in an abbreviated handshake the time for ours (RFC 5246 §7.4.9). */
export function onFinished(
  context: ClientContext,
  state: ClientStateOf<'finished'>,
  message: HandshakeMessage,
): Step<ClientState> {
  const expected = verifyData(state.masterSecret, 'server', transcriptHash(state.transcript));
  if (!bytesEqual(decodeFinished(message.body), expected)) {
    throw handshakeError('decrypt_error', 'the Finished of the server does not fit the handshake');
  }
  const connected = { kind: 'connected', connection: establishedConnection(context, state) } as const;
  if (state.resumed === undefined) return { state: { kind: 'connected' }, outputs: [connected] };
  const transcript = extendTranscript(state.transcript, message);
  const { items } = addFinished(
    { items: [], transcript, nextSequence: state.nextSequence },
    state.masterSecret,
    'client',
  );
  return {
    state: { kind: 'connected' },
    outputs: [{ kind: 'send', flight: items, final: true, maxPlaintext: state.negotiation.maxPlaintext }, connected],
  };
}

function establishedConnection({ serverName }: ClientContext, state: Closing): EstablishedConnection {
  const { negotiation, masterSecret, identity, resumed } = state;
  return {
    ...connectionSecrets(negotiation, masterSecret),
    identity,
    resumed: resumed !== undefined,
    serverName,
    resumable: resumableSession(state, serverName),
  };
}

/** What can be resumed later; undefined when the server keeps nothing. RFC 7627 §5.3: nothing without the extended master secret. */
function resumableSession(state: Closing, serverName: string | undefined): ResumableSession | undefined {
  const { negotiation, masterSecret, identity } = state;
  const { suite, extendedMasterSecret, encryptThenMac } = negotiation;
  const { sessionId, ticket } = sessionNames(state);
  if (!extendedMasterSecret || (sessionId.length === 0 && ticket === undefined)) return undefined;
  return { suite, masterSecret, extendedMasterSecret, encryptThenMac, sessionId, ticket, identity, serverName };
}

/** By what the server knows the session. RFC 5077 §3.4: with a ticket there is no session id, the one in the hello was our own choice. */
function sessionNames({ negotiation, ticket, resumed }: Closing): Pick<ResumableSession, 'sessionId' | 'ticket'> {
  if (ticket !== undefined) return { sessionId: NO_SESSION_ID, ticket };
  return resumed ?? { sessionId: negotiation.sessionId, ticket: undefined };
}
