import type { RandomSource } from '@flownexus/datagram';
import type { Association } from './association.ts';

/** Bytes that name a Connection ID in the table: as many as a number holds exactly. */
const NAME_BYTES = 6;
/** Draws until the IDs count as used up; only with lengths of one or two bytes they get scarce. */
const DRAWS = 64;

/**
 * Our Connection IDs (RFC 9146 §3), all of one length. The first bytes, up to six, are unique: they name the ID in a map of numbers, which costs
 * a fraction of one of strings.
 */
export class ConnectionIds {
  readonly #random: RandomSource;
  readonly #length: number;
  /** Null for an ID that a handshake has taken and no association has yet. */
  readonly #associations = new Map<number, Association | null>();

  constructor(random: RandomSource, length: number) {
    this.#random = random;
    this.#length = length;
  }

  /** IDs in use. */
  get size(): number {
    return this.#associations.size;
  }

  /** A random ID that nobody has, taken until `release`. Undefined when none was found. */
  take(): Uint8Array | undefined {
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const cid = Uint8Array.from(this.#random.bytes(this.#length));
      const name = nameOf(cid);
      if (this.#associations.has(name)) continue;
      this.#associations.set(name, null);
      return cid;
    }
    return undefined;
  }

  /** The ID of an association from now on, taken before or restored. Returns false when another association has its first bytes. */
  bind(cid: Uint8Array, association: Association): boolean {
    const name = nameOf(cid);
    if ((this.#associations.get(name) ?? null) !== null) return false;
    this.#associations.set(name, association);
    return true;
  }

  /** The ID may be drawn again. */
  release(cid: Uint8Array): void {
    this.#associations.delete(nameOf(cid));
  }

  find(cid: Uint8Array): Association | undefined {
    const association = this.#associations.get(nameOf(cid)) ?? undefined;
    return association !== undefined && isSame(association.localCid, cid) ? association : undefined;
  }
}

function nameOf(cid: Uint8Array): number {
  let name = 0;
  for (let index = 0; index < NAME_BYTES; index += 1) name = name * 256 + (cid[index] ?? 0);
  return name;
}

/** IDs are no secret: they stand in each record. */
function isSame(ours: Uint8Array | undefined, cid: Uint8Array): boolean {
  if (ours?.length !== cid.length) return false;
  for (let index = NAME_BYTES; index < cid.length; index += 1) if (ours[index] !== cid[index]) return false;
  return true;
}
