import { parseCode } from '@flownexus/coap';
import type { AuthorizationRequest, RefusalReason, Rules } from '../api/rules.ts';
import type { ErrorReporter } from '../events.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import { RefusalError, unavailable } from '../registration/refusal-error.ts';

/** Max-Age has 32 bits (RFC 7252 §5.10). */
const LONGEST_RETRY_AFTER = 0xffff_ffff;
const REFUSAL_CODES: ReadonlySet<string> = new Set(['4.00', '4.01', '4.03', '4.29', '5.03']);

/**
 * Asks the rule `authorize`; without one everybody is admitted.
 *
 * @throws RefusalError with the code and the reason that the rule gives, 5.03 when the rule throws, rejects or gives none; also as a rejection
 */
export function askRule(
  { authorize }: Pick<Rules, 'authorize'>,
  request: AuthorizationRequest,
  reportError: ErrorReporter,
): MaybePromise<void> {
  if (authorize === undefined) return;
  const failed = (error: unknown): never => {
    if (error instanceof RefusalError) throw error;
    reportError(error, `authorize failed for the ${request.operation} of ${request.endpointName}`);
    throw unavailable();
  };
  return guarded(() => andThen(authorize(request), (verdict) => check(verdict, request.endpointName)), failed);
}

/** @throws RangeError for a verdict that is none */
function check(verdict: true | RefusalReason | undefined, endpointName: string): void {
  if (verdict === true || verdict === undefined) return;
  const { code = '4.03', reason, retryAfter } = verdict;
  if (!REFUSAL_CODES.has(code)) throw new RangeError(`no code to refuse with: ${code}`);
  throw new RefusalError(parseCode(code), reason, { endpointName, retryAfter: wholeSeconds(retryAfter) });
}

/**
 * What an application says of when to come again, as Max-Age has it: whole seconds.
 *
 * @throws RangeError for what is no number of seconds
 */
export function wholeSeconds(retryAfter: number | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (retryAfter >= 0 && retryAfter <= LONGEST_RETRY_AFTER) return Math.ceil(retryAfter);
  throw new RangeError(`retryAfter is a number of seconds, 0 or more, not ${retryAfter}`);
}
