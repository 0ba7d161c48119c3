import type { ClientHello } from '../../messages/hello.ts';
import { encodeNewSessionTicket } from '../../messages/new-session-ticket.ts';
import { connectionSecrets } from '../connection-secrets.ts';
import type { ServerContext } from '../contexts.ts';
import { addFinished, addMessage, type FlightDraft } from '../flight-draft.ts';
import { HandshakeType, type HandshakeMessage } from '../handshake-message.ts';
import type { Step } from '../machine.ts';
import { negotiate, serverHelloBody } from './server-hello-answer.ts';
import type { ServerState } from './server-state.ts';
import type { SessionToResume } from './session-to-resume.ts';

/** The flight of an abbreviated handshake (RFC 6347 figure 2): with our Finished in it. Connection IDs are agreed on anew (RFC 9146 §3). */
export function resumeSession(
  context: ServerContext,
  hello: ClientHello,
  message: HandshakeMessage,
  { session, resumed }: SessionToResume,
): Step<ServerState> {
  const { resumption } = context;
  const { sessionTicket } = hello.extensions;
  // A ticket is good for as long as its session, so only a client that has none gets one.
  const ticket =
    resumption?.tickets === true && sessionTicket?.length === 0 ? resumption.sealTicket(session) : undefined;
  const negotiation = negotiate(context, hello, {
    suite: session.suite,
    // RFC 5246 §7.4.1.3, RFC 5077 §3.4: the client's own session id says that its session is resumed.
    sessionId: new Uint8Array(hello.sessionId),
    ticketDue: ticket !== undefined,
    clientCertificateType: undefined,
    startedAtMs: session.startedAtMs,
  });
  const secrets = connectionSecrets(negotiation, session.masterSecret);
  let draft: FlightDraft = { items: [], transcript: [message], nextSequence: message.sequence };
  draft = addMessage(draft, HandshakeType.serverHello, serverHelloBody(context, hello, negotiation, {}));
  if (ticket !== undefined) draft = addMessage(draft, HandshakeType.newSessionTicket, encodeNewSessionTicket(ticket));
  draft = addFinished(draft, session.masterSecret, 'server');
  return {
    state: {
      kind: 'awaitChangeCipherSpec',
      negotiation,
      transcript: draft.transcript,
      sendSequence: draft.nextSequence,
      receiveSequence: message.sequence + 1,
      secrets,
      identity: session.identity,
      resumed,
    },
    outputs: [
      { kind: 'keys', secrets },
      { kind: 'send', flight: draft.items, final: false, maxPlaintext: negotiation.maxPlaintext },
    ],
  };
}
