import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { RandomSource } from '@flownexus/datagram';
import { MAX_TICKETS_PER_KEY } from '../limits.ts';

// A ticket (RFC 5077 §4 recommends such a form): key name 16 | nonce 12 | AES-256-GCM ciphertext | tag 16.
// The key name is authenticated with the content.

const ALGORITHM = 'aes-256-gcm';
const KEY_SIZE = 32;
const KEY_NAME_SIZE = 16;
const NONCE_SIZE = 12;
const TAG_SIZE = 16;
const HEADER_SIZE = KEY_NAME_SIZE + NONCE_SIZE;

/** Bytes that sealing adds. */
export const TICKET_OVERHEAD: number = HEADER_SIZE + TAG_SIZE;

/** What tickets are sealed with, and for how long. */
export interface TicketSealerOptions {
  readonly random: RandomSource;
  /** How long a key seals. It opens for as long again: a ticket can be opened for at least this long. */
  readonly keyMs: number;
}

interface TicketKey {
  readonly name: Uint8Array;
  /** A key object: a raw key costs more for each ticket (Node 24). */
  readonly key: KeyObject;
  readonly fromMs: number;
  sealed: number;
}

/**
 * Seals content into tickets that only this sealer can open (RFC 5077). Its keys are random, never leave it and rotate: one seals, the one
 * before it still opens. Times are milliseconds of a clock that never goes back.
 */
export class TicketSealer {
  readonly #random: RandomSource;
  readonly #keyMs: number;
  #current: TicketKey | undefined;
  #previous: TicketKey | undefined;

  constructor(options: TicketSealerOptions) {
    this.#random = options.random;
    this.#keyMs = options.keyMs;
  }

  /** A ticket in an array of its own, `TICKET_OVERHEAD` bytes longer than the content. */
  seal(content: Uint8Array, nowMs: number): Uint8Array {
    const key = this.#sealingKey(nowMs);
    key.sealed += 1;
    const ticket = new Uint8Array(content.length + TICKET_OVERHEAD);
    ticket.set(key.name);
    const nonce = this.#random.bytes(NONCE_SIZE);
    ticket.set(nonce, KEY_NAME_SIZE);
    const cipher = createCipheriv(ALGORITHM, key.key, nonce, { authTagLength: TAG_SIZE });
    cipher.setAAD(key.name);
    ticket.set(cipher.update(content), HEADER_SIZE);
    cipher.final();
    ticket.set(cipher.getAuthTag(), HEADER_SIZE + content.length);
    return ticket;
  }

  /** The content of a ticket in an array of its own; undefined when it is not ours, was changed, or its key has gone. */
  open(ticket: Uint8Array, nowMs: number): Uint8Array | undefined {
    if (ticket.length <= TICKET_OVERHEAD) return undefined;
    const key = this.#openingKey(ticket, nowMs);
    if (key === undefined) return undefined;
    const nonce = ticket.subarray(KEY_NAME_SIZE, HEADER_SIZE);
    const decipher = createDecipheriv(ALGORITHM, key.key, nonce, { authTagLength: TAG_SIZE });
    decipher.setAAD(key.name);
    decipher.setAuthTag(ticket.subarray(-TAG_SIZE));
    try {
      const content = new Uint8Array(decipher.update(ticket.subarray(HEADER_SIZE, -TAG_SIZE)));
      decipher.final();
      return content;
    } catch {
      return undefined;
    }
  }

  #sealingKey(nowMs: number): TicketKey {
    const current = this.#current;
    if (current !== undefined && nowMs < current.fromMs + this.#keyMs && current.sealed < MAX_TICKETS_PER_KEY) {
      return current;
    }
    this.#previous = current;
    this.#current = {
      name: new Uint8Array(this.#random.bytes(KEY_NAME_SIZE)),
      key: createSecretKey(this.#random.bytes(KEY_SIZE)),
      fromMs: nowMs,
      sealed: 0,
    };
    return this.#current;
  }

  #openingKey(ticket: Uint8Array, nowMs: number): TicketKey | undefined {
    for (const key of [this.#current, this.#previous]) {
      if (key !== undefined && nowMs < key.fromMs + 2 * this.#keyMs && startsWith(ticket, key.name)) return key;
    }
    return undefined;
  }
}

/** The name of a key is public: nothing depends on how long the comparison takes. */
function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
