import type { HandshakeMessage } from '../handshake-message.ts';
import { extendTranscript } from '../transcript.ts';
import type { Underway } from './server-state.ts';

/** What goes on from state to state. */
export function underway({ negotiation, transcript, sendSequence, receiveSequence }: Underway): Underway {
  return { negotiation, transcript, sendSequence, receiveSequence };
}

/** The same after one more message of the client. */
export function received(state: Underway, message: HandshakeMessage): Underway {
  return {
    ...underway(state),
    transcript: extendTranscript(state.transcript, message),
    receiveSequence: state.receiveSequence + 1,
  };
}
