import { TimerQueue } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { alertName, encodeAlert } from '../../../src/alert.ts';
import type { AlertName } from '../../../src/alert.ts';
import type { Role } from '../../../src/crypto/traffic-keys.ts';
import type { DtlsError } from '../../../src/errors.ts';
import { fragmentMessage } from '../../../src/handshake/fragment.ts';
import type { HandshakeMachine } from '../../../src/handshake/machine.ts';
import { HandshakeSession } from '../../../src/handshake/session/handshake-session.ts';
import type { HandshakeSessionOptions } from '../../../src/handshake/session/handshake-session.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import type { DtlsLimits } from '../../../src/limits.ts';
import { ProtectedEpoch } from '../../../src/records/protected-epoch.ts';
import { decodeRecords, encodePlainRecord } from '../../../src/records/record-codec.ts';
import { ContentType } from '../../../src/records/record.ts';
import type { DtlsRecord } from '../../../src/records/record.ts';
import { message, SECRETS } from './fake-machine.ts';

export interface SessionStageOptions {
  readonly limits?: Partial<DtlsLimits>;
  readonly mtu?: number;
  readonly firstReceiveSequence?: number;
  readonly firstRecordSequence?: number;
  readonly lookUpPsk?: HandshakeSessionOptions['lookUpPsk'];
  readonly verifyPeer?: HandshakeSessionOptions['verifyPeer'];
}

/** A session on a virtual clock, with a peer that says what the test tells it. */
export class SessionStage {
  readonly clock: VirtualClock = new VirtualClock();
  readonly timers: TimerQueue = new TimerQueue({ clock: this.clock });
  readonly session: HandshakeSession;
  /** Datagrams that the session has sent. */
  readonly sent: Uint8Array[] = [];
  /** What the session has told, in words. */
  readonly events: string[] = [];
  failure: DtlsError | undefined;
  epoch: ProtectedEpoch | undefined;
  /** The keys of the peer. */
  readonly peer: ProtectedEpoch;
  /** Called for each datagram, and each application data. */
  onSend: (() => void) | undefined;
  onData: (() => void) | undefined;
  readonly #seen = new Set<string>();
  #described = 0;
  #peerSequence = 0;

  constructor(role: Role, machine: HandshakeMachine, options: SessionStageOptions = {}) {
    this.peer = peerEpoch(role === 'server' ? 'client' : 'server');
    this.session = new HandshakeSession({
      role,
      machine,
      timers: this.timers,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      mtu: options.mtu ?? 1200,
      firstReceiveSequence: options.firstReceiveSequence ?? (role === 'server' ? 1 : 0),
      firstRecordSequence: options.firstRecordSequence ?? 0,
      send: (datagram) => this.#onSent(datagram),
      lookUpPsk: options.lookUpPsk ?? (() => Uint8Array.of(1)),
      verifyPeer:
        options.verifyPeer ?? (() => ({ trusted: false, alert: 'bad_certificate', reason: 'none is trusted' })),
      onSecrets: () => this.events.push('secrets'),
      onConnected: (_connection, epoch) => {
        this.epoch = epoch;
        this.events.push('connected');
      },
      onApplicationData: (plaintext) => {
        this.events.push(`data ${plaintext.join(' ')}`);
        this.onData?.();
      },
      onFailed: (error) => {
        this.failure = error;
        this.events.push(`failed ${error.code}`);
      },
    });
  }

  /**
   * The datagrams since the last call, each with its records in words: `TYPE.SEQUENCE` for handshake fragments, with `+OFFSET` when it is not the
   * first; `ccs`; `alert NAME`; with `[]` around them in epoch 1.
   */
  taken(): string[] {
    const fresh = this.sent.slice(this.#described);
    this.#described = this.sent.length;
    return fresh.map((datagram) =>
      decodeRecords(datagram, 0)
        .map((record) => this.#describe(record))
        .join(' '),
    );
  }

  /** The peer sends a message, in records of its own: whole in one unless `maxFragment` says less. */
  receive(type: number, sequence: number, { epoch = 0, size = 20, maxFragment = 16_384 } = {}): void {
    for (const record of this.recordsOf(type, sequence, { epoch, size, maxFragment })) this.session.onRecord(record);
  }

  /** The records of a message of the peer. */
  recordsOf(type: number, sequence: number, { epoch = 0, size = 20, maxFragment = 16_384 } = {}): DtlsRecord[] {
    return fragmentMessage(message(type, sequence, size), maxFragment).map((fragment) =>
      this.record(ContentType.handshake, fragment, epoch),
    );
  }

  receiveChangeCipherSpec(): void {
    this.session.onRecord(this.record(ContentType.changeCipherSpec, Uint8Array.of(1)));
  }

  receiveAlert(
    name: AlertName,
    { epoch = 0, level = 'fatal' }: { readonly epoch?: number; readonly level?: 'fatal' | 'warning' } = {},
  ): void {
    this.session.onRecord(this.record(ContentType.alert, encodeAlert(level, name), epoch));
  }

  receiveData(epoch: number, ...content: readonly number[]): void {
    this.session.onRecord(this.record(ContentType.applicationData, Uint8Array.from(content), epoch));
  }

  /** A record of the peer. */
  record(type: number, content: Uint8Array, epoch = 0): DtlsRecord {
    const bytes = epoch === 0 ? encodePlainRecord(type, this.#peerSequence++, content) : this.peer.seal(type, content);
    const [record] = decodeRecords(bytes, 0);
    if (record === undefined) throw new Error('the record can not be read');
    return record;
  }

  /** A record that looks protected and is not. */
  forged(type: number): DtlsRecord {
    const record = this.record(type, new Uint8Array(24), 1);
    record.fragment.fill(7, 8);
    return record;
  }

  #onSent(datagram: Uint8Array): void {
    this.sent.push(datagram);
    for (const { epoch, sequence, fragment } of decodeRecords(datagram, 0)) {
      // No sequence number and no explicit nonce (RFC 6655 §3: the first eight bytes) is ever used twice.
      const names = [`${epoch}.${sequence}`, ...(epoch === 0 ? [] : [`nonce ${fragment.subarray(0, 8).join()}`])];
      for (const name of names) {
        if (this.#seen.has(name)) throw new Error(`${name} is used a second time`);
        this.#seen.add(name);
      }
    }
    this.onSend?.();
  }

  #describe(record: DtlsRecord): string {
    if (record.epoch === 0) return describe(record.type, record.fragment);
    const opened = this.peer.open(record);
    return opened === undefined ? '[forged]' : `[${describe(opened.type, opened.plaintext)}]`;
  }
}

/** The peer's end of epoch 1 under the keys of `SECRETS`. */
export function peerEpoch(role: Role): ProtectedEpoch {
  const { keys, maxPlaintext } = SECRETS;
  return new ProtectedEpoch({ role, keys, localCid: undefined, peerCid: undefined, maxPlaintext });
}

function describe(type: number, content: Uint8Array): string {
  if (type === ContentType.changeCipherSpec) return 'ccs';
  if (type === ContentType.alert) return `alert ${alertName(content[1] ?? -1) ?? ''}`;
  if (type !== ContentType.handshake) return `type ${type}`;
  const view = new DataView(content.buffer, content.byteOffset);
  const offset = view.getUint32(5) & 0xff_ffff;
  return `${view.getUint8(0)}.${view.getUint16(4)}${offset === 0 ? '' : `+${offset}`}`;
}
