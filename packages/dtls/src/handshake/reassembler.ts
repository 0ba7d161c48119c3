import type { ByteReader } from '@flownexus/datagram';
import { formatError, handshakeError, limitError } from '../errors.ts';
import { MAX_HANDSHAKE_MESSAGE, MAX_MESSAGES_AHEAD, MAX_TRANSCRIPT } from '../limits.ts';
import { decodeWhole } from '../messages/vectors.ts';
import {
  encodeHandshakeMessage,
  type FragmentHeader,
  HANDSHAKE_HEADER_SIZE,
  type HandshakeMessage,
  readFragmentHeader,
} from './handshake-message.ts';
import { PartialMessage } from './partial-message.ts';

/** What a record told. */
export interface AddedFragments {
  /** It has a part of a message that `next` gave before: the peer sends its flight again. */
  readonly old: boolean;
}

/**
 * Puts the messages of a peer together from their fragments (RFC 6347 §4.2.3), and in the order of their message_seq. Holds copies, of
 * what arrived for the message that is due and the `MAX_MESSAGES_AHEAD` after it. All messages together, given and held, have up to
 * `MAX_TRANSCRIPT` bytes, counted by the lengths that they claim.
 */
export class Reassembler {
  readonly #partial = new Map<number, PartialMessage>();
  #nextSequence: number;
  /** Bytes of all messages that were begun, headers included. */
  #claimed = 0;

  /** `firstSequence`: the message_seq of the first message that `next` gives. */
  constructor(firstSequence: number) {
    this.#nextSequence = firstSequence;
  }

  /** The message_seq that is due. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Bytes of messages that are held. */
  get bytes(): number {
    let sum = 0;
    for (const message of this.#partial.values()) sum += message.bytes;
    return sum;
  }

  /**
   * Takes the content of a handshake record: one or several fragments, of one or several messages. What is here already, and what is too
   * far ahead, is dropped. Throws a `DtlsError` for what breaks the format or goes beyond a bound; the handshake can't go on then.
   */
  add(content: Uint8Array): AddedFragments {
    // RFC 5246 §6.2.1: handshake records are never empty.
    if (content.length === 0) throw formatError('a handshake record is empty');
    return decodeWhole('handshake record', content, (reader) => {
      let old = false;
      while (reader.remaining > 0) if (this.#addFragment(reader)) old = true;
      return { old };
    });
  }

  /** The message that is due, once it is whole. */
  next(): HandshakeMessage | undefined {
    const partial = this.#partial.get(this.#nextSequence);
    if (partial?.isComplete !== true) return undefined;
    this.#partial.delete(this.#nextSequence);
    return encodeHandshakeMessage(partial.type, this.#nextSequence++, partial.body());
  }

  /** Whether the fragment belongs to a message that was given before. */
  #addFragment(reader: ByteReader): boolean {
    const header = readFragmentHeader(reader);
    const fragment = reader.bytes(header.fragmentLength);
    if (header.offset + header.fragmentLength > header.length) {
      throw formatError(`a fragment ends at ${header.offset + header.fragmentLength} of ${header.length} bytes`);
    }
    if (header.sequence < this.#nextSequence) return true;
    if (header.sequence > this.#nextSequence + MAX_MESSAGES_AHEAD) return false;
    // Without a byte it tells nothing, unless the message has none.
    if (header.fragmentLength === 0 && header.length > 0) return false;
    this.#partialFor(header).add(header.offset, fragment);
    return false;
  }

  #partialFor(header: FragmentHeader): PartialMessage {
    const known = this.#partial.get(header.sequence);
    if (known === undefined) return this.#begin(header);
    if (known.type !== header.type || known.length !== header.length) {
      throw handshakeError('illegal_parameter', `message ${header.sequence} changes its type or length`);
    }
    return known;
  }

  #begin(header: FragmentHeader): PartialMessage {
    if (header.length > MAX_HANDSHAKE_MESSAGE) {
      throw limitError('illegal_parameter', `a handshake message of ${header.length} bytes`);
    }
    const claimed = this.#claimed + HANDSHAKE_HEADER_SIZE + header.length;
    if (claimed > MAX_TRANSCRIPT) throw limitError('illegal_parameter', `handshake messages of ${claimed} bytes`);
    this.#claimed = claimed;
    const partial = new PartialMessage(header.type, header.length);
    this.#partial.set(header.sequence, partial);
    return partial;
  }
}
