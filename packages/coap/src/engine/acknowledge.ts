import { MessageType } from '../message.ts';
import { emptyMessage } from './empty-message.ts';
import type { Engine } from './engine.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';

/** Whether a response is one that its sender repeats until it is acknowledged (RFC 7252 §4.2). */
export function isConfirmable({ message }: ArrivedResponse): boolean {
  return message.type === MessageType.CON;
}

/** Sends the Empty ACK for a Confirmable response (RFC 7252 §4.2); nothing for any other. */
export function acknowledge(engine: Engine, state: PeerState, response: ArrivedResponse): void {
  const { message, received } = response;
  if (received === undefined || !isConfirmable(response)) return;
  const datagram = emptyMessage(MessageType.ACK, message.messageId);
  engine.deduplication.answered(received, datagram);
  engine.send(state, datagram);
}

/** Rejects a response with a Reset (RFC 7252 §4.2, §4.3); nothing for a piggybacked one. */
export function reject(engine: Engine, state: PeerState, { message, received }: ArrivedResponse): void {
  if (received === undefined) return;
  const datagram = emptyMessage(MessageType.RST, message.messageId);
  engine.deduplication.answered(received, datagram);
  engine.counters.resetsSent += 1;
  engine.send(state, datagram);
}
