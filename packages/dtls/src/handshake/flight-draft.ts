import { transcriptHash, verifyData } from '../crypto/key-schedule.ts';
import type { Role } from '../crypto/traffic-keys.ts';
import { encodeHandshakeMessage, HandshakeType } from './handshake-message.ts';
import type { FlightItem } from './machine.ts';
import { extendTranscript } from './transcript.ts';
import type { Transcript } from './transcript.ts';

/** A flight while it is put together. Each addition gives a new draft. */
export interface FlightDraft {
  readonly items: readonly FlightItem[];
  /** All messages of the handshake so far, those of the draft among them. */
  readonly transcript: Transcript;
  /** The message_seq of our next message. */
  readonly nextSequence: number;
}

/** The draft with one more message, in epoch 0. */
export function addMessage(draft: FlightDraft, type: number, body: Uint8Array): FlightDraft {
  return append(draft, 0, type, body);
}

/** The draft with its end: ChangeCipherSpec and our Finished over all messages before it (RFC 5246 §7.4.9). */
export function addFinished(draft: FlightDraft, masterSecret: Uint8Array, role: Role): FlightDraft {
  const body = verifyData(masterSecret, role, transcriptHash(draft.transcript));
  const changed: FlightDraft = { ...draft, items: [...draft.items, { kind: 'changeCipherSpec' }] };
  return append(changed, 1, HandshakeType.finished, body);
}

function append(draft: FlightDraft, epoch: 0 | 1, type: number, body: Uint8Array): FlightDraft {
  const message = encodeHandshakeMessage(type, draft.nextSequence, body);
  return {
    items: [...draft.items, { kind: 'message', epoch, message }],
    transcript: extendTranscript(draft.transcript, message),
    nextSequence: draft.nextSequence + 1,
  };
}
