import { SenmlError } from './errors.ts';

/** A key of a map in a form in which equal keys are the same: a number, or a text that also tells the type. */
export type MapKey = number | string;

/** Keys beyond 16 bits can be chosen so that all of them fall into one bucket of a hash table. */
const MAX_WIDE_KEYS = 1000;
const WIDE = 0x10000;
/** Arguments of a call that are safe in number. */
const CHUNK = 4096;

/** The keys of one map. */
export class MapKeys {
  readonly #keys: Set<MapKey> = new Set();
  #wide = 0;

  /**
   * False when the key was there already.
   *
   * @throws SenmlError `ERR_SENML_LIMIT` for more than 1000 keys that are numbers beyond 16 bits
   */
  add(key: MapKey, offset: number): boolean {
    if (typeof key === 'number' && !(Number.isInteger(key) && key > -WIDE && key < WIDE)) {
      this.#wide += 1;
      if (this.#wide > MAX_WIDE_KEYS) {
        throw new SenmlError('ERR_SENML_LIMIT', `at most ${String(MAX_WIDE_KEYS)} numbers as keys`, 'more', { offset });
      }
    }
    const size = this.#keys.size;
    return this.#keys.add(key).size > size;
  }
}

/** The bytes of a key as text, each as one unit. */
export function keyContent(prefix: string, bytes: Uint8Array, start: number, end: number): string {
  let text = prefix;
  for (let offset = start; offset < end; offset += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(offset, Math.min(end, offset + CHUNK)));
  }
  return text;
}
