import type { CoapReply } from '../api.ts';
import { Code } from '../code.ts';
import { equalBytes } from '../engine/equal-bytes.ts';
import { diagnosticReply } from '../engine/reply.ts';
import type { CoapOption } from '../message.ts';
import { OptionNumber } from '../options.ts';
import { when } from '../when.ts';
import type { Resource } from './resource.ts';
import type { RoutedRequest } from './routed-request.ts';

/** The options that make a request conditional (RFC 7252 §5.10.8). */
export const CONDITIONS: readonly number[] = [OptionNumber.IF_MATCH, OptionNumber.IF_NONE_MATCH];

/** Whether a request is conditional. Its options are in ascending order: nearly always the first one says no. */
export function isConditional(options: readonly CoapOption[]): boolean {
  for (const { number } of options) {
    if (number === OptionNumber.IF_MATCH || number === OptionNumber.IF_NONE_MATCH) return true;
    if (number > OptionNumber.IF_NONE_MATCH) return false;
  }
  return false;
}

/** What a conditional request is refused with (RFC 7252 §5.10.8). Undefined: it is to be performed. */
export function refusal(
  resource: Resource,
  request: RoutedRequest,
): CoapReply | undefined | Promise<CoapReply | undefined> {
  // RFC 7252 §5.4.1: a critical option that the resource does not support.
  if (resource.etag === undefined) return diagnosticReply(Code.BAD_OPTION, 'the resource has no conditions');
  return when(resource.etag(request), (etag) =>
    isFulfilled(request, etag) ? undefined : { code: Code.PRECONDITION_FAILED },
  );
}

function isFulfilled({ ifMatch, ifNoneMatch }: RoutedRequest, etag: Uint8Array | undefined): boolean {
  if (ifNoneMatch && etag !== undefined) return false;
  if (ifMatch.length === 0) return true;
  // An empty one stands for any representation.
  return etag !== undefined && ifMatch.some((tag) => tag.length === 0 || equalBytes(tag, etag));
}
