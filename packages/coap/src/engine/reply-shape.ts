import type { BlockValue } from '../block.ts';
import { Code } from '../code.ts';
import type { CoapOption } from '../message.ts';
import { findOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { equalBytes } from './equal-bytes.ts';
import { rareOption } from './rare-option.ts';
import type { Representation, Slice } from './representations.ts';

/** What of the request shapes its reply. */
export interface ReplyShape {
  readonly method: number;
  /** Those of the request. */
  readonly options: readonly CoapOption[];
  readonly szx: number;
  /** Keeps a body that is larger than a block, or nothing where an older one is not valid any more. */
  readonly keep: (representation: Representation | undefined) => void;
  /** Block1 of the last block of the request, which the reply repeats (RFC 7959 §2.3). */
  readonly block1?: BlockValue | undefined;
  /** Block2 of the request (RFC 7959 §2.4). */
  readonly block2?: BlockValue | undefined;
  readonly observe?: number | undefined;
}

/** A GET or a FETCH: it can be performed again without a second effect (RFC 7252 §5.1, RFC 8132 §2). */
export function isSafe(method: number): boolean {
  return method === Code.GET || method === Code.FETCH;
}

/** Whether the request asks how large the body is (RFC 7959 §4). */
export function asksSize(options: readonly CoapOption[]): boolean {
  return rareOption(options, OptionNumber.SIZE2) !== undefined;
}

/**
 * The 2.03 in the place of a 2.05 when the peer has the representation already: its request names the ETag among `own`
 * (RFC 7252 §5.10.6.2). It has the ETag, what says how long it is fresh, and no payload (§5.9.1.3).
 */
export function validated(
  code: number,
  own: readonly CoapOption[],
  { method, options }: ReplyShape,
): Slice | undefined {
  if (code !== Code.CONTENT || !isSafe(method)) return undefined;
  const etag = findOption(own, OptionNumber.ETAG);
  if (etag === undefined) return undefined;
  if (!options.some(({ number, value }) => number === OptionNumber.ETAG && equalBytes(value, etag.value))) {
    return undefined;
  }
  const kept = own.filter(({ number }) => number === OptionNumber.ETAG || number === OptionNumber.MAX_AGE);
  return { code: Code.VALID, options: kept, payload: new Uint8Array(0) };
}
