import { parseCode } from '@flownexus/coap';
import type { AuthorizationRequest, RefusalReason, Rules } from '../api/rules.ts';
import type { ErrorReporter } from '../events.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import { RefusalError, unavailable } from '../registration/refusal-error.ts';

/**
 * Asks the rule `authorize`; without one everybody is admitted.
 *
 * @throws RefusalError with the code and the reason that the rule gives, 5.03 when the rule throws or rejects; also as a rejection
 */
export function admit(
  { authorize }: Pick<Rules, 'authorize'>,
  request: AuthorizationRequest,
  reportError: ErrorReporter,
): MaybePromise<void> {
  if (authorize === undefined) return;
  const failed = (error: unknown): never => {
    reportError(error, `authorize failed for the ${request.operation} of ${request.endpointName}`);
    throw unavailable();
  };
  return andThen(
    guarded(() => authorize(request), failed),
    check,
  );
}

function check(verdict: true | RefusalReason | undefined): void {
  if (verdict === true || verdict === undefined) return;
  const { code = '4.03', reason, retryAfter } = verdict;
  throw new RefusalError(parseCode(code), reason, retryAfter);
}
