import { parseCode, Code } from '@flownexus/coap';
import type { Peer } from '@flownexus/datagram';
import type { AuthorizationRequest, RefusalReason, Rules } from '../api/rules.ts';
import type { ErrorReporter } from '../events.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import { RefusalError, unavailable } from '../registration/refusal-error.ts';
import type { Registration } from '../registration/registration.ts';
import type { Authorization } from './authorization.ts';
import type { CredentialStore } from './credential-store.ts';

export interface AdmissionOptions {
  readonly authorization: Authorization;
  readonly rules: Pick<Rules, 'authorize' | 'noSec'>;
  /** The present registration of an endpoint. */
  readonly registrationOf: (endpointName: string) => Registration | undefined;
  readonly reportError: ErrorReporter;
}

type Sender = Pick<Peer, 'host' | 'port' | 'identity'>;

/** Max-Age has 32 bits (RFC 7252 §5.10). */
const LONGEST_RETRY_AFTER = 0xffff_ffff;
const REFUSAL_CODES: ReadonlySet<string> = new Set(['4.00', '4.01', '4.03', '4.29', '5.03']);

/**
 * Whether a device may do what it asks for: whether it may be the endpoint that it says, by `Authorization`, and whether the application admits it. What
 * fails of the stores or of the application refuses with 5.03.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  /** For each question that is open: the endpoints whose credentials have changed since it was asked. As many as requests are handled. */
  readonly #changedSince = new Set<Set<string>>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * The name of the endpoint that the sender of a request may be. `asked` is what the request says, if it says any, and `prover` the store by which the
   * identity was proven. An answer that is older than a change of that endpoint's credential does not count.
   *
   * @throws RefusalError also as a rejection
   */
  admit(
    operation: AuthorizationRequest['operation'],
    sender: Sender,
    asked: string | undefined,
    prover: CredentialStore | undefined,
  ): MaybePromise<string> {
    const answer = andThen(this.#identify(sender, asked, prover), (endpointName) =>
      andThen(this.check(operation, sender, endpointName), () => endpointName),
    );
    if (!(answer instanceof Promise)) return answer;
    const changed = new Set<string>();
    this.#changedSince.add(changed);
    return answer
      .finally(() => this.#changedSince.delete(changed))
      .then((name) => (changed.has(name) ? this.admit(operation, sender, asked, prover) : name));
  }

  /**
   * Asks the application alone, about an endpoint that the sender is known to be.
   *
   * @throws RefusalError also as a rejection
   */
  check(operation: AuthorizationRequest['operation'], sender: Sender, endpointName: string): MaybePromise<void> {
    const { rules, registrationOf } = this.#options;
    if (rules.authorize === undefined) return;
    const { host, port, identity } = sender;
    const registration = registrationOf(endpointName);
    return this.#asking(`the rule 'authorize' failed for ${endpointName}`, () =>
      andThen(
        rules.authorize?.({ operation, endpointName, identity, address: { host, port }, registration }),
        (answer) => {
          if (answer !== undefined && answer !== true) throw refusalOf(answer, endpointName);
        },
      ),
    );
  }

  /** Whether the identity that a registration was made with may still be its endpoint. Throws or rejects as the stores do. */
  isStill({ identity, endpointName }: Registration): MaybePromise<boolean> {
    const { authorization, rules } = this.#options;
    if (rules.noSec === false && identity.kind === 'anonymous') return false;
    return authorization.isStill(identity, endpointName);
  }

  /** The credential of an endpoint was changed: answers that are still awaited may be older. */
  credentialChanged(endpointName: string): void {
    for (const changed of this.#changedSince) changed.add(endpointName);
  }

  #identify(
    { host, identity }: Sender,
    asked: string | undefined,
    prover: CredentialStore | undefined,
  ): MaybePromise<string> {
    const { authorization, rules } = this.#options;
    if (rules.noSec === false && identity.kind === 'anonymous') {
      throw new RefusalError(Code.FORBIDDEN, 'devices without an identity are not admitted');
    }
    return this.#asking(`the credentials could not be asked about ${host}`, () =>
      authorization.endpointName(identity, asked, prover),
    );
  }

  #asking<T>(context: string, ask: () => MaybePromise<T>): MaybePromise<T> {
    const failed = (error: unknown): never => {
      if (error instanceof RefusalError) throw error;
      this.#options.reportError(error, context);
      throw unavailable();
    };
    try {
      const answer = ask();
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }
}

/** @throws RangeError for a reason that is none */
function refusalOf({ code = '4.03', reason, retryAfter }: RefusalReason, endpointName: string): RefusalError {
  if (!REFUSAL_CODES.has(code)) throw new RangeError(`no code to refuse with: ${code}`);
  if (retryAfter !== undefined && !(retryAfter >= 0 && retryAfter <= LONGEST_RETRY_AFTER)) {
    throw new RangeError(`retryAfter is a number of seconds, 0 or more, not ${retryAfter}`);
  }
  return new RefusalError(parseCode(code), reason, {
    endpointName,
    retryAfter: retryAfter === undefined ? undefined : Math.ceil(retryAfter),
  });
}
