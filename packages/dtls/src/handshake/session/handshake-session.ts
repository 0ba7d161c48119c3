import type { Timer, TimerQueue } from '@flownexus/datagram';
import { decodeAlert } from '../../alert.ts';
import type { ReceivedAlert } from '../../alert.ts';
import type { PeerVerifier } from '../../auth/verifier.ts';
import type { Role } from '../../crypto/traffic-keys.ts';
import { DtlsError, handshakeError } from '../../errors.ts';
import { isPromise } from '../../is-promise.ts';
import { BACKED_OFF_MTU, LINGER_MS, MAX_FORGED_FINISHED, RETRANSMISSIONS_BEFORE_BACK_OFF } from '../../limits.ts';
import type { DtlsLimits } from '../../limits.ts';
import { ProtectedEpoch } from '../../records/protected-epoch.ts';
import { ContentType } from '../../records/record.ts';
import type { DtlsRecord } from '../../records/record.ts';
import { HandshakeType } from '../handshake-message.ts';
import type {
  ConnectionSecrets,
  EstablishedConnection,
  HandshakeInput,
  HandshakeMachine,
  HandshakeOutput,
} from '../machine.ts';
import { stepError } from '../step-error.ts';
import { EarlyList } from './early-list.ts';
import { FlightSender } from './flight-sender.ts';
import { IncomingMessages } from './incoming-messages.ts';
import { Retransmission } from './retransmission.ts';
import { alertError, forgedError, timeoutError, unansweredError } from './session-errors.ts';

/** What a `HandshakeSession` works with, and whom it tells. The callbacks must not throw. */
export interface HandshakeSessionOptions {
  readonly role: Role;
  readonly machine: HandshakeMachine;
  readonly timers: TimerQueue;
  readonly limits: DtlsLimits;
  /** The largest datagram in bytes, from `MIN_MTU` on. */
  readonly mtu: number;
  /** The message_seq that is due: that of the ClientHello with its cookie on a server, 0 on a client. */
  readonly firstReceiveSequence: number;
  /** The sequence number of our first record of epoch 0: on a server that of the ClientHello's record (RFC 6347 §4.2.1). */
  readonly firstRecordSequence: number;
  /** Sends a datagram to the peer. The bytes are the callee's. */
  send(datagram: Uint8Array): void;
  /** A key by its identity, at once or later. What it throws, and a promise that rejects, ends the handshake with `internal_error`. */
  lookUpPsk(
    identity: Uint8Array,
    hint: Uint8Array | undefined,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  readonly verifyPeer: PeerVerifier;
  /** The secrets as soon as they are there: for a key log. */
  onSecrets(secrets: ConnectionSecrets): void;
  /** The association begins: from now on it owns `epoch`, and records of epoch 1 are no more the business of the session. */
  onConnected(connection: EstablishedConnection, epoch: ProtectedEpoch): void;
  /** Application data that came before its handshake was finished; after `onConnected`. */
  onApplicationData(plaintext: Uint8Array): void;
  /** The handshake ends without an association. The peer has been told if it is to know. */
  onFailed(error: DtlsError): void;
}

/** What is needed until the handshake is finished, and dropped then. */
interface Running {
  readonly machine: HandshakeMachine;
  readonly incoming: IncomingMessages;
  /** Records of epoch 1 from before there were keys. */
  readonly sealed: EarlyList<DtlsRecord>;
  /** Application data from before the end of the handshake. */
  readonly applicationData: EarlyList<Uint8Array>;
}

/**
 * One handshake over records, for both roles: what RFC 6347 §4.2.4 puts between a state machine of messages and the network. It brings records that
 * come in any order into the one in which they were meant, sends flights, and sends them again. The states of figure 3:
 *
 *     PREPARING   the machine steps, or waits for a key or a verdict
 *     SENDING     FlightSender
 *     WAITING     Retransmission runs: its timer and the peer's repetition lead back to SENDING, a next input to PREPARING
 *     FINISHED    after onConnected: while the session lingers the peer's repetition leads to SENDING
 *
 * What is not authentic and breaks the format is dropped and counted, as whoever knows the address could have sent it. A message that is too large,
 * changes while it arrives, or is refused by the machine ends the handshake. No method throws for what the network brings.
 */
export class HandshakeSession {
  readonly #options: Omit<HandshakeSessionOptions, 'machine'>;
  readonly #sender: FlightSender;
  readonly #retransmission: Retransmission;
  #running: Running | undefined;
  /** Ends the handshake, or later the lingering. */
  #deadline: Timer | undefined;
  #epoch: ProtectedEpoch | undefined;
  #isStepping = false;
  #isClosed = false;
  #isLingering = false;
  /** Whether anything of the peer's next flight went to the machine since our flight was sent. */
  #hasProgress = false;
  #sentFinalFlight = false;
  #dropped = 0;
  #forged = 0;
  #claimedAlert: ReceivedAlert | undefined;

  /** The time that the handshake may take begins. Throws a `RangeError` for an MTU below `MIN_MTU`. */
  constructor(options: HandshakeSessionOptions) {
    const { machine, ...rest } = options;
    this.#options = rest;
    this.#sender = new FlightSender(rest);
    this.#retransmission = new Retransmission({
      timers: rest.timers,
      limits: rest.limits,
      onDue: () => this.#transmit(),
      onExhausted: () => this.#timeOut(`${rest.limits.retransmissions} retransmissions of a flight found no answer`),
    });
    this.#running = {
      machine,
      incoming: new IncomingMessages(rest.firstReceiveSequence),
      sealed: new EarlyList(),
      applicationData: new EarlyList(),
    };
    this.#deadline = rest.timers.schedule(rest.limits.handshakeMs, () =>
      this.#timeOut(`it was not finished after ${rest.limits.handshakeMs} ms`),
    );
  }

  /** Whether the session is still of use after `onConnected`: its last flight could be asked for again. */
  get isLingering(): boolean {
    return this.#isLingering;
  }

  /** Records, and parts of records, that were dropped: forged, replayed, malformed, out of place or out of bounds. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends the first flight of a client. */
  start(): void {
    this.#drive((machine) => machine.start());
  }

  /** Takes a record of epoch 0, or one of epoch 1 before `onConnected`. Its bytes are copied where they are kept. */
  onRecord(record: DtlsRecord): void {
    const running = this.#running;
    if (running === undefined) return;
    if (record.epoch === 0) this.#onPlainRecord(running, record);
    else if (record.epoch !== 1) this.#dropped += 1;
    else if (this.#epoch !== undefined) this.#onProtectedRecord(running, this.#epoch, record);
    else this.#keep(running.sealed, ownRecord(record), record.fragment.length);
  }

  /**
   * Takes the content of a handshake record of epoch 1 after `onConnected`. A Finished is a repetition: the peer misses our last flight, which goes
   * again (RFC 6347 §4.2.4), though not more often than a peer has reason to ask for. Anything else is ignored.
   */
  onHandshakeContent(plaintext: Uint8Array): void {
    if (this.#isLingering && plaintext[0] === HandshakeType.finished && this.#retransmission.answer()) this.#transmit();
  }

  /** Ends it without a word to the peer. No callback follows. */
  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  #onPlainRecord({ incoming }: Running, { type, fragment }: DtlsRecord): void {
    let isRepetition = false;
    if (type === ContentType.handshake) {
      try {
        isRepetition = incoming.addPlain(fragment);
      } catch (error) {
        // Bytes that are no fragment may come from anyone. But a message beyond our bounds would come again until the time-out.
        if (error instanceof DtlsError && error.code === 'ERR_DTLS_FORMAT') this.#dropped += 1;
        else this.#fail(error);
      }
    } else if (type === ContentType.changeCipherSpec && fragment.length === 1 && fragment[0] === 1) {
      incoming.changeCipherSpec();
    } else if (type === ContentType.alert) {
      this.#onPlainAlert(fragment);
    } else {
      this.#dropped += 1;
    }
    this.#drive();
    if (isRepetition) this.#answerRepetition();
  }

  #onPlainAlert(content: Uint8Array): void {
    const alert = decodeAlert(content);
    if (alert === undefined) this.#dropped += 1;
    else if (alert.ends && this.#epoch === undefined) this.#end(alertError(alert), false);
    // Once there are keys the peer can prove what it says. RFC 6347 §4.1.2.7 has the rest dropped, but an operator may want to know.
    else if (alert.ends) this.#claimedAlert ??= alert;
  }

  #onProtectedRecord(running: Running, epoch: ProtectedEpoch, record: DtlsRecord): void {
    const forgedBefore = epoch.forged;
    const opened = epoch.open(record);
    if (opened === undefined) {
      this.#dropped += 1;
      // Application data may be that of an older association at the same address.
      if (epoch.forged > forgedBefore && record.type !== ContentType.applicationData) this.#onForgedRecord();
      return;
    }
    const { type, plaintext } = opened;
    if (type === ContentType.handshake) {
      try {
        running.incoming.addProtected(plaintext);
      } catch (error) {
        this.#fail(error);
      }
      this.#drive();
    } else if (type === ContentType.alert) {
      const alert = decodeAlert(plaintext);
      if (alert?.ends === true) this.#end(alertError(alert), false);
    } else if (type === ContentType.applicationData) {
      this.#keep(running.applicationData, plaintext, plaintext.length);
    } else {
      this.#dropped += 1;
    }
  }

  /** RFC 6347 §4.1.2.7: what does not authenticate is dropped, or answered with bad_record_mac. A peer with another key gets its answer within seconds. */
  #onForgedRecord(): void {
    this.#forged += 1;
    if (this.#forged < MAX_FORGED_FINISHED) return;
    this.#fail(forgedError(this.#forged));
  }

  #answerRepetition(): void {
    // When a part of its next flight is here the peer has had the whole of ours, and repeats what we do not wait for.
    if (!this.#hasProgress && this.#retransmission.answer()) this.#transmit();
  }

  /** Steps the machine, after `first`, through all that is here and can be taken. */
  #drive(first?: (machine: HandshakeMachine) => readonly HandshakeOutput[]): void {
    // `send` may lead to a record at once: it waits in `incoming` for the loop that is running.
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      if (first !== undefined) this.#step(first);
      while (this.#running !== undefined && !this.#running.machine.isWaiting) {
        const input = this.#nextInput(this.#running);
        if (input === undefined) break;
        this.#hasProgress = true;
        this.#step((machine) => machine.step(input));
      }
    } finally {
      this.#isStepping = false;
    }
    if (this.#running?.machine.isWaiting === true) this.#retransmission.pause();
    else this.#retransmission.resume();
  }

  #nextInput({ incoming, machine }: Running): HandshakeInput | undefined {
    try {
      return incoming.next(machine.expectsChangeCipherSpec);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** One step, and further ones for questions that are answered at once. */
  #step(first: (machine: HandshakeMachine) => readonly HandshakeOutput[]): void {
    let step: typeof first | undefined = first;
    while (step !== undefined && this.#running !== undefined) {
      let answer: HandshakeInput | undefined;
      for (const output of outputsOf(step, this.#running.machine)) answer = this.#apply(output) ?? answer;
      const input: HandshakeInput | undefined = answer;
      step = input === undefined ? undefined : (machine) => machine.step(input);
    }
  }

  /** Does what the machine wants. Gives the answer to a question if it is there at once. */
  #apply(output: HandshakeOutput): HandshakeInput | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    switch (output.kind) {
      case 'send':
        this.#begin(output);
        return undefined;
      case 'needPsk':
        return this.#ask(
          'the pre-shared key could not be looked up',
          () => this.#options.lookUpPsk(output.identity, output.hint),
          (key) => ({ kind: 'psk', key }),
        );
      case 'needPeer':
        return this.#ask(
          'the certificate of the peer could not be verified',
          () => this.#options.verifyPeer(output.certificate, output.serverName),
          (verdict) => ({ kind: 'peer', verdict }),
        );
      case 'keys':
        this.#useKeys(running, output.secrets);
        return undefined;
      case 'connected':
        this.#connect(running, output.connection);
        return undefined;
      case 'failed':
        this.#fail(output.error);
        return undefined;
    }
  }

  #ask<T>(
    failure: string,
    question: () => T | Promise<T>,
    toInput: (answer: T) => HandshakeInput,
  ): HandshakeInput | undefined {
    const fail = (cause: unknown): void => {
      this.#fail(unansweredError(failure, cause));
    };
    try {
      const answer = question();
      if (!isPromise(answer)) return toInput(answer);
      Promise.resolve(answer).then((value) => this.#drive((machine) => machine.step(toInput(value))), fail);
    } catch (cause) {
      fail(cause);
    }
    return undefined;
  }

  #begin({ flight, final, maxPlaintext }: HandshakeOutput & { readonly kind: 'send' }): void {
    if (maxPlaintext !== undefined) this.#sender.limitPlaintext(maxPlaintext);
    this.#sender.setFlight(flight);
    this.#sentFinalFlight = final;
    this.#hasProgress = false;
    this.#retransmission.begin(final);
    this.#transmit();
  }

  #transmit(): void {
    const backsOff = this.#retransmission.count >= RETRANSMISSIONS_BEFORE_BACK_OFF;
    try {
      this.#sender.transmit(backsOff ? BACKED_OFF_MTU : undefined);
    } catch (error) {
      this.#fail(error);
    }
  }

  #useKeys(running: Running, secrets: ConnectionSecrets): void {
    const { keys, localCid, peerCid, maxPlaintext } = secrets;
    const epoch = new ProtectedEpoch({ role: this.#options.role, keys, localCid, peerCid, maxPlaintext });
    this.#epoch = epoch;
    this.#sender.useEpoch(epoch, maxPlaintext);
    this.#options.onSecrets(secrets);
    for (const record of running.sealed.take()) this.#onProtectedRecord(running, epoch, record);
  }

  #connect(running: Running, connection: EstablishedConnection): void {
    if (this.#epoch === undefined) {
      this.#fail(handshakeError('internal_error', 'the handshake came to its end without keys'));
      return;
    }
    this.#running = undefined;
    this.#deadline?.cancel();
    this.#isLingering = this.#sentFinalFlight;
    if (this.#isLingering) this.#deadline = this.#options.timers.schedule(LINGER_MS, () => this.#release());
    else this.#release();
    this.#options.onConnected(connection, this.#epoch);
    for (const plaintext of running.applicationData.take()) {
      if (!this.#isClosed) this.#options.onApplicationData(plaintext);
    }
  }

  #timeOut(what: string): void {
    this.#end(timeoutError(what, this.#claimedAlert, this.#forged), false);
  }

  /** Ends the handshake by our decision: the peer is told why. */
  #fail(cause: unknown): void {
    this.#end(stepError(cause), true);
  }

  #end(error: DtlsError, tellPeer: boolean): void {
    const isRunning = this.#running !== undefined;
    this.#release();
    // The last flight could not be sent again: the association lives on without it.
    if (!isRunning) return;
    if (tellPeer && error.alert !== undefined) this.#sender.sendFatalAlert(error.alert);
    this.#options.onFailed(error);
  }

  /** Drops what is held, and all timers. */
  #release(): void {
    this.#running = undefined;
    this.#isLingering = false;
    this.#deadline?.cancel();
    this.#retransmission.stop();
    this.#sender.setFlight([]);
  }

  #keep<T>(list: EarlyList<T>, item: T, bytes: number): void {
    if (!list.keep(item, bytes)) this.#dropped += 1;
  }
}

function outputsOf(
  step: (machine: HandshakeMachine) => readonly HandshakeOutput[],
  machine: HandshakeMachine,
): readonly HandshakeOutput[] {
  try {
    return step(machine);
  } catch (error) {
    return [{ kind: 'failed', error: stepError(error) }];
  }
}

/** A copy that outlives its datagram. */
function ownRecord(record: DtlsRecord): DtlsRecord {
  return { ...record, cid: record.cid?.slice(), fragment: record.fragment.slice() };
}
