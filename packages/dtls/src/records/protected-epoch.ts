import { KEY_BLOCK_SIZE, type Role, type TrafficKeys } from '../crypto/traffic-keys.ts';
import { concatBytes } from '../bytes.ts';
import { DtlsError } from '../errors.ts';
import { MAX_PLAINTEXT, MAX_SEQUENCE } from '../limits.ts';
import { protectionOf } from './protect/protection-of.ts';
import type { RecordProtection } from './protect/record-protection.ts';
import { RECORD_HEADER_SIZE } from './record-header.ts';
import { isClassicType, NO_CID, PROTECTED_EPOCH, type DtlsRecord } from './record.ts';
import { ReplayWindow } from './replay-window.ts';

/** What a `ProtectedEpoch` is made of. Everything is copied. */
export interface ProtectedEpochOptions {
  /** Our own. */
  readonly role: Role;
  readonly keys: TrafficKeys;
  /** On records that we receive; undefined or empty: they are classic records. */
  readonly localCid: Uint8Array | undefined;
  /** On records that we send; undefined or empty: they are classic records. */
  readonly peerCid: Uint8Array | undefined;
  /** The most plaintext in a record that we send. */
  readonly maxPlaintext: number;
}

/** All of a `ProtectedEpoch` that outlives a restart. The key block is a secret. */
export interface EpochSnapshot extends ProtectedEpochOptions {
  /** The next sequence number to send with. On restore it has to be beyond all that were used: a nonce that repeats breaks the keys. */
  readonly writeSequence: number;
  /** The highest sequence number that was received, -1 for none. After a restore all up to it are refused. */
  readonly readCeiling: number;
}

/** What was in a record. */
export interface RecordContent {
  readonly type: number;
  /** Bytes of its own. */
  readonly plaintext: Uint8Array;
}

/** What was in a record that was received for the first time. */
export interface OpenedRecord extends RecordContent {
  /** Newer than all before (RFC 9146 §6). */
  readonly newest: boolean;
}

/** RFC 6347 §4.1: sequence numbers begin at 0 in each epoch. */
const NEW = { writeSequence: 0, readCeiling: -1 };

/** Epoch 1 of one association, both directions. Lives as long as the association, so it is small: keys are raw bytes, no cipher is kept. */
export class ProtectedEpoch {
  readonly #protection: RecordProtection;
  readonly #role: Role;
  /** The key block and our Connection ID behind it: one array costs less than two. Only ever read byte by byte, which keeps it in the heap. */
  readonly #keys: Uint8Array;
  readonly #peerCid: Uint8Array;
  readonly #maxPlaintext: number;
  readonly #window: ReplayWindow;
  #writeSequence: number;
  #forged = 0;
  #replayed = 0;

  /** `sequences` is for `restore`. A key block of the wrong size and a Connection ID of more than 255 bytes are RangeErrors. */
  constructor(options: ProtectedEpochOptions, sequences: Pick<EpochSnapshot, 'writeSequence' | 'readCeiling'> = NEW) {
    const { role, keys, localCid = NO_CID, peerCid = NO_CID, maxPlaintext } = options;
    if (keys.block.length !== KEY_BLOCK_SIZE[keys.cipher]) throw new RangeError('the key block has the wrong size');
    if (localCid.length > 255 || peerCid.length > 255) throw new RangeError('a Connection ID has up to 255 bytes');
    this.#protection = protectionOf(keys.cipher, keys.encryptThenMac);
    this.#role = role;
    this.#keys = concatBytes(keys.block, localCid);
    this.#peerCid = peerCid.length === 0 ? NO_CID : new Uint8Array(peerCid);
    this.#maxPlaintext = maxPlaintext;
    this.#window = new ReplayWindow(sequences.readCeiling);
    this.#writeSequence = sequences.writeSequence;
  }

  /** An epoch as it was, with the sequence numbers that the snapshot says. */
  static restore(snapshot: EpochSnapshot): ProtectedEpoch {
    return new ProtectedEpoch(snapshot, snapshot);
  }

  /** The sequence number that the next record is sent with. */
  get writeSequence(): number {
    return this.#writeSequence;
  }

  /** Bytes that `seal` adds to the plaintext, header included, at most. */
  get recordOverhead(): number {
    const cidLength = this.#peerCid.length;
    const innerType = cidLength === 0 ? 0 : 1;
    return RECORD_HEADER_SIZE + cidLength + innerType + this.#protection.overhead;
  }

  /** Records that did not authenticate. */
  get forged(): number {
    return this.#forged;
  }

  /** Records whose sequence number was received before, or is too old to know. */
  get replayed(): number {
    return this.#replayed;
  }

  /**
   * A whole record, ready to be sent. Throws a `DtlsError` ERR_DTLS_LIMIT when there is no sequence number left (RFC 6347 §4.1), or when
   * the plaintext is larger than was agreed.
   */
  seal(type: number, plaintext: Uint8Array): Uint8Array {
    const sequence = this.#writeSequence;
    if (sequence > MAX_SEQUENCE) throw new DtlsError('ERR_DTLS_LIMIT', 'the epoch has no sequence numbers left');
    if (plaintext.length > this.#maxPlaintext) {
      throw new DtlsError('ERR_DTLS_LIMIT', `a record takes ${this.#maxPlaintext} bytes, not ${plaintext.length}`);
    }
    this.#writeSequence = sequence + 1;
    return this.#protection.seal(this.#keys, this.#role, type, sequence, this.#peerCid, plaintext);
  }

  /** What a record carries. Undefined: it is of another epoch, not in the form that was agreed, replayed, forged, or its content is too long. */
  open(record: DtlsRecord): OpenedRecord | undefined {
    const { sequence } = record;
    if (!this.#isAgreedForm(record)) return undefined;
    if (!this.#window.isFresh(sequence)) {
      this.#replayed += 1;
      return undefined;
    }
    const inner = this.#unprotect(record);
    if (inner === undefined) {
      this.#forged += 1;
      return undefined;
    }
    const content = contentOf(record, inner);
    return content && { ...content, newest: this.#window.accept(sequence) };
  }

  /** What a record carries, whether it was received before or not, and nothing is counted or remembered. For what a repetition asks for, never for data. */
  reopen(record: DtlsRecord): RecordContent | undefined {
    const inner = this.#isAgreedForm(record) ? this.#unprotect(record) : undefined;
    return inner && contentOf(record, inner);
  }

  /** What a store keeps. Undefined with CBC: only what has nonces that are never used twice comes back. */
  snapshot(): EpochSnapshot | undefined {
    const { cipher, encryptThenMac } = this.#protection;
    if (cipher === 'aes-128-cbc-sha256') return undefined;
    const blockSize = KEY_BLOCK_SIZE[cipher];
    return {
      role: this.#role,
      keys: { cipher, block: this.#keys.slice(0, blockSize), encryptThenMac },
      localCid: this.#keys.slice(blockSize),
      peerCid: this.#peerCid.slice(),
      maxPlaintext: this.#maxPlaintext,
      writeSequence: this.#writeSequence,
      readCeiling: this.#window.ceiling,
    };
  }

  /** RFC 9146 §3: with a Connection ID of ours exactly that, otherwise none. */
  #isAgreedForm({ epoch, cid }: DtlsRecord): boolean {
    if (epoch !== PROTECTED_EPOCH) return false;
    const keys = this.#keys;
    const begin = KEY_BLOCK_SIZE[this.#protection.cipher];
    const length = keys.length - begin;
    if (cid === undefined) return length === 0;
    if (length === 0 || cid.length !== length) return false;
    for (let index = 0; index < length; index += 1) if (cid[index] !== keys[begin + index]) return false;
    return true;
  }

  #unprotect(record: DtlsRecord): Uint8Array | undefined {
    return this.#protection.open(this.#keys, this.#role === 'client' ? 'server' : 'client', record);
  }
}

/** What stands in the plaintext of a record; undefined when it is too long or, with a Connection ID, has no type. */
function contentOf({ type, cid }: DtlsRecord, inner: Uint8Array): RecordContent | undefined {
  if (cid === undefined) return inner.length > MAX_PLAINTEXT ? undefined : { type, plaintext: inner };
  // RFC 9146 §4: content, type, zeros. Content may end with zeros, the type is none.
  let end = inner.length - 1;
  while (end >= 0 && inner[end] === 0) end -= 1;
  const innerType = inner[end];
  if (innerType === undefined || !isClassicType(innerType) || end > MAX_PLAINTEXT) return undefined;
  // A view holds one byte too many; with padding it might hold thousands.
  return { type: innerType, plaintext: end === inner.length - 1 ? inner.subarray(0, end) : inner.slice(0, end) };
}
