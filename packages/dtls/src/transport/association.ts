import type { Peer, PeerIdentity, RandomSource } from '@flownexus/datagram';
import type { Role } from '../crypto/traffic-keys.ts';
import type { ProtectedEpoch } from '../records/protected-epoch.ts';
import { isProvenAt, type Lingering, type Path, type SaveState } from './association-state.ts';

/** What an association begins with. */
export interface AssociationOptions {
  readonly key: string;
  readonly role: Role;
  readonly identity: PeerIdentity;
  readonly epoch: ProtectedEpoch;
  readonly lower: Peer;
  readonly localCid: Uint8Array | undefined;
}

/**
 * What two peers share after a handshake, as the `Peer` that the handler above sees. There may be a hundred thousand that sleep: it has few
 * fields, no timer, no closure and no key object, and what only some need is made when they need it.
 */
export class Association implements Peer {
  readonly key: string;
  readonly role: Role;
  readonly identity: PeerIdentity;
  readonly epoch: ProtectedEpoch;
  /** The Connection ID by which records to us find it; undefined when they find it by their address. */
  readonly localCid: Uint8Array | undefined;
  /** Where it is now, as a peer of the transport below. */
  lower: Peer;
  /** When the latest record that authenticated came, in milliseconds of `now()`. */
  heardAtMs = 0;
  /** The neighbours in the order of `heardAtMs`; only the table sets them. */
  older: Association | undefined = undefined;
  newer: Association | undefined = undefined;
  /** The one of the same identity that began before it; only the table sets it. */
  before: Association | undefined = undefined;
  /** Since its address changed for the first time. */
  path: Path | undefined = undefined;
  /** The handshake that made it, as long as its last flight may be asked for again. */
  lingering: Lingering | undefined = undefined;
  /** With a store only. */
  saveState: SaveState | undefined = undefined;

  constructor(options: AssociationOptions) {
    this.key = options.key;
    this.role = options.role;
    this.identity = options.identity;
    this.epoch = options.epoch;
    this.lower = options.lower;
    this.localCid = options.localCid?.length === 0 ? undefined : options.localCid;
  }

  get host(): string {
    return this.lower.host;
  }

  get port(): number {
    return this.lower.port;
  }

  get pathValidated(): boolean {
    return isProvenAt(this.path, this.lower);
  }
}

/** `dtls:` */
const KEY_PREFIX_CODES: readonly number[] = [100, 116, 108, 115, 58];
const KEY_CHARACTERS = 11;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A new `Peer.key`: 66 random bits, so that it is unique over restarts. */
export function associationKey(random: RandomSource): string {
  const codes = [...KEY_PREFIX_CODES];
  for (const byte of random.bytes(KEY_CHARACTERS)) codes.push(BASE64URL.charCodeAt(byte & 63));
  return String.fromCharCode(...codes);
}
