import { Code } from '@flownexus/coap';
import type { Peer } from '@flownexus/datagram';
import type { AuthorizationRequest, Rules } from '../api/rules.ts';
import type { ErrorReporter } from '../events.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import { RefusalError, unavailable } from '../registration/refusal-error.ts';
import type { Registration } from '../registration/registration.ts';
import { askRule } from './ask-rule.ts';
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
    return this.admitAnd(operation, sender, asked, prover, (endpointName) => endpointName);
  }

  /**
   * As `admit`, with what `next` makes of the name, which may take a while: it counts as little as the answer when a credential of that endpoint was changed
   * meanwhile, and is asked for again.
   */
  admitAnd<T>(
    operation: AuthorizationRequest['operation'],
    sender: Sender,
    asked: string | undefined,
    prover: CredentialStore | undefined,
    next: (endpointName: string) => MaybePromise<T>,
  ): MaybePromise<T> {
    let admitted: string | undefined;
    const answer = andThen(this.#identify(sender, asked, prover), (endpointName) =>
      andThen(this.#ask(operation, sender, endpointName), () => {
        admitted = endpointName;
        return next(endpointName);
      }),
    );
    if (!(answer instanceof Promise)) return answer;
    const changed = new Set<string>();
    this.#changedSince.add(changed);
    return answer
      .finally(() => this.#changedSince.delete(changed))
      .then((result) =>
        admitted !== undefined && changed.has(admitted)
          ? this.admitAnd(operation, sender, asked, prover, next)
          : result,
      );
  }

  /** Whether the identity that a registration was made with may still be its endpoint. Throws or rejects as the stores do. */
  isStill({ identity, endpointName }: Registration): MaybePromise<boolean> {
    const { authorization, rules } = this.#options;
    if (identity.kind === 'anonymous' && !admitsNoSec(rules)) return false;
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
    const { authorization, rules, reportError } = this.#options;
    if (identity.kind === 'anonymous' && !admitsNoSec(rules)) {
      throw new RefusalError(Code.FORBIDDEN, 'devices without an identity are not admitted');
    }
    return guarded(
      () => authorization.endpointName(identity, asked, prover),
      (error) => {
        if (error instanceof RefusalError) throw error;
        reportError(error, `the credentials could not be asked about ${host}`);
        throw unavailable();
      },
    );
  }

  #ask(
    operation: AuthorizationRequest['operation'],
    { host, port, identity }: Sender,
    endpointName: string,
  ): MaybePromise<void> {
    const { rules, registrationOf, reportError } = this.#options;
    if (rules.authorize === undefined) return;
    const registration = registrationOf(endpointName);
    const request = { operation, endpointName, identity, address: { host, port }, registration };
    return askRule(rules, request, reportError);
  }
}

function admitsNoSec({ noSec }: Pick<Rules, 'noSec'>): boolean {
  return (typeof noSec === 'function' ? noSec() : noSec) ?? true;
}
