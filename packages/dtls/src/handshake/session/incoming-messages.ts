import type { HandshakeInput } from '../machine.ts';
import { Reassembler } from '../reassembler.ts';
import { EarlyList } from './early-list.ts';

/**
 * Puts what the peer sends in the order in which it was meant, however its datagrams arrive: messages of epoch 0, ChangeCipherSpec, messages of
 * epoch 1 (RFC 6347 §4.2.2, §4.2.4). Each epoch has a reassembler of its own, so that a message never consists of protected and
 * unprotected fragments.
 */
export class IncomingMessages {
  readonly #plain: Reassembler;
  #protected: Reassembler | undefined;
  /** Content of epoch 1 that came before the ChangeCipherSpec: only then the first message_seq of the epoch is known. */
  readonly #early = new EarlyList<Uint8Array>();
  #hasChangeCipherSpec = false;

  /** `firstSequence`: the message_seq that is due. */
  constructor(firstSequence: number) {
    this.#plain = new Reassembler(firstSequence);
  }

  /**
   * The content of a handshake record of epoch 0. Gives whether it repeats (part of) a message that `next` gave. Throws a `DtlsError`:
   * ERR_DTLS_FORMAT for what is no fragment, another code for what can not be part of a handshake. After the ChangeCipherSpec nothing of
   * epoch 0 counts.
   */
  addPlain(content: Uint8Array): boolean {
    return this.#protected === undefined && this.#plain.add(content).old;
  }

  /** The content of a handshake record of epoch 1, which authenticated. Throws a `DtlsError` for what breaks the format. */
  addProtected(content: Uint8Array): void {
    if (this.#protected !== undefined) this.#protected.add(content);
    else this.#early.keep(content, content.length);
  }

  /** A ChangeCipherSpec has come. It has no number: its place is where the machine expects it, and any further one is a repetition. */
  changeCipherSpec(): void {
    this.#hasChangeCipherSpec = true;
  }

  /**
   * The next input for a machine, if it is here. Throws a `DtlsError` when what came early in epoch 1 breaks the format.
   *
   * @param expectsChangeCipherSpec whether the machine can take one now
   */
  next(expectsChangeCipherSpec: boolean): HandshakeInput | undefined {
    if (this.#protected !== undefined) return message(this.#protected, 1);
    const plain = message(this.#plain, 0);
    if (plain !== undefined || !this.#hasChangeCipherSpec || !expectsChangeCipherSpec) return plain;
    this.#protected = new Reassembler(this.#plain.nextSequence);
    for (const content of this.#early.take()) this.#protected.add(content);
    return { kind: 'changeCipherSpec' };
  }
}

function message(reassembler: Reassembler, epoch: number): HandshakeInput | undefined {
  const next = reassembler.next();
  return next === undefined ? undefined : { kind: 'message', message: next, epoch };
}
