import { Decoder } from 'cbor-x';
import { scanCbor } from './cbor-check.ts';
import type { CborOptions } from './cbor-check.ts';
import { applyEdits } from './cbor-rewrite.ts';
import { applyNotes } from './cbor-values.ts';
import { SenmlError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { CborLimits } from './limits.ts';

// Maps stay maps (keys are integers, and objects would invite prototype pollution), strings are copied out of the
// datagram. `useRecords: false` turns the record extension of the engine off.
const decoder = new Decoder({ mapsAsObjects: false, useRecords: false, copyBuffers: true });

/**
 * Decodes one CBOR data item after {@link checkCbor} has passed it. Arrays become arrays, maps `Map`s, byte strings
 * `Uint8Array`s of their own, integers a `number` where that is safe and a `bigint` beyond, decimal fractions and floats
 * a `number`, but floats with an integral value a {@link CborFloat} (keys of maps too), so that 25.0 is told from 25.
 * With the option `tags` an item that has tags comes as {@link CborTagged}.
 *
 * @throws SenmlError `ERR_SENML_CBOR` (duplicate map keys too) or `ERR_SENML_LIMIT`
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = DEFAULT_LIMITS, options: CborOptions = {}): unknown {
  const { edits, notes } = scanCbor(bytes, limits, options);
  const value = edits === undefined ? runEngine(bytes) : runEngine(applyEdits(bytes, edits));
  return notes === undefined ? value : applyNotes(value, notes);
}

/** What the engine takes beside the bytes, though its types do not say so: where they end. */
interface Engine {
  decode(bytes: Uint8Array, end?: number): unknown;
}

/**
 * The engine attaches a DataView to the array that it reads. Small documents are copied into one array that has its view
 * already; others get a view of their own. Neither the caller's array is changed nor a pooled Buffer retained.
 */
const smallDocument = new Uint8Array(4096);

function runEngine(bytes: Uint8Array): unknown {
  const engine: Engine = decoder;
  try {
    if (bytes.length > smallDocument.length) {
      return engine.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }
    smallDocument.set(bytes);
    return engine.decode(smallDocument, bytes.length);
  } catch (cause) {
    throw new SenmlError('ERR_SENML_CBOR', 'a document that the CBOR engine takes', 'another', { offset: 0, cause });
  }
}
