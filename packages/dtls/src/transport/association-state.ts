import type { Peer } from '@flownexus/datagram';

/** Where an association has been, and what it may send where it has not proven to be (RFC 9146 §6). */
export interface Path {
  /** The latest address at which the peer has proven to receive. */
  proven: Peer;
  /** The address that the two counts are about. */
  unproven: Peer | undefined;
  /** Bytes of datagrams that authenticated, from the unproven address. */
  received: number;
  /** Bytes sent there. */
  sent: number;
  /** When the present minute of moves began, and the moves in it. */
  minuteBeganAtMs: number;
  moves: number;
}

/** What is known of an association's snapshot in the store. */
export interface SaveState {
  /** Write sequence numbers below may be used: no snapshot that the store may hold would use them again. */
  leaseEnd: number;
  /** Records received since the latest save began. */
  received: number;
  /** A save is under way. */
  isSaving: boolean;
  /** It changed since the save that is under way began. */
  isOutdated: boolean;
  /** The latest save failed; the timer tries again. */
  hasFailed: boolean;
  /** When it was last saved because it had moved. */
  movedAtMs: number;
  /** The association has ended: the snapshot is to leave the store. */
  hasEnded: boolean;
  /** What waits for the lease that the save under way asks for. */
  held: HeldDatagram[] | undefined;
}

/** A datagram that is sent when there is a sequence number for it. */
export interface HeldDatagram {
  readonly size: number;
  readonly send: () => void;
}

/** A handshake that is finished and whose last flight may be asked for again. */
export interface Lingering {
  /** On a server: the random of the ClientHello that began it. */
  readonly clientRandom: Uint8Array | undefined;
  /** The peer repeats its Finished: it may not have ours. */
  repeat(content: Uint8Array): void;
  close(): void;
}

/** Whether a peer with this path has proven that it receives at an address. */
export function isProvenAt(path: Path | undefined, place: Peer): boolean {
  return path === undefined || path.proven.key === place.key;
}
