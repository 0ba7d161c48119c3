import { Code } from '@flownexus/coap';
import type { PeerIdentity } from '@flownexus/datagram';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import { badRequest, RefusalError } from '../registration/refusal-error.ts';
import { checkEndpointName } from '../registration/registration-parameters.ts';
import type { CredentialStore } from './credential-store.ts';

/**
 * Which endpoint a peer may be (TS Core 1.1 §6.2.1, TS Transport §5.2): one that has proven an identity is the endpoint that this belongs to; one that
 * has proven none is any that has no credential, so that nobody takes the name of a secured device over plain CoAP.
 *
 * Without stores there is no such rule: then a missing endpoint name is that of the identity itself.
 */
export class Authorization {
  readonly #stores: readonly CredentialStore[];

  constructor(stores: readonly CredentialStore[]) {
    this.#stores = stores;
  }

  /**
   * The name of the endpoint that a request is for. `asked` is what the request says, if it says any. `prover` is the store by which the identity
   * was proven, which alone knows whose it is: another store may call somebody else so. Undefined: any of them.
   *
   * @throws RefusalError 4.00 when the identity is that of another endpoint (TS Core §6.2.1), or when nobody says which it is; 4.03 when the identity is
   * nobody's, or when it takes one to be that endpoint. Also as a rejection
   */
  endpointName(identity: PeerIdentity, asked: string | undefined, prover?: CredentialStore): MaybePromise<string> {
    if (this.#stores.length === 0) return asked ?? nameOf(identity);
    if (identity.kind === 'anonymous') {
      if (asked === undefined) throw nameMissing();
      return andThen(this.#isSecured(asked), (isSecured) => {
        if (isSecured) throw forbidden('the endpoint has a credential: it comes over DTLS');
        return asked;
      });
    }
    return andThen(
      prover === undefined ? this.#first((store) => store.endpointNameOf(identity)) : prover.endpointNameOf(identity),
      (owned) => {
        if (owned === undefined) throw forbidden('the identity belongs to no endpoint');
        if (asked !== undefined && asked !== owned) throw badRequest('the identity belongs to another endpoint');
        checkEndpointName(owned);
        return owned;
      },
    );
  }

  /**
   * Whether a peer of an identity may still be the endpoint that it was: for any of the stores, since which of them it was proven by is not known any more.
   * Without stores every peer may.
   */
  isStill(identity: PeerIdentity, endpointName: string): MaybePromise<boolean> {
    if (this.#stores.length === 0) return true;
    if (identity.kind === 'anonymous') {
      return andThen(this.#isSecured(endpointName), (isSecured) => !isSecured);
    }
    return andThen(
      this.#first((store) =>
        andThen(store.endpointNameOf(identity), (owned) => (owned === endpointName ? true : undefined)),
      ),
      (isOwned) => isOwned === true,
    );
  }

  #isSecured(endpointName: string): MaybePromise<boolean> {
    return andThen(
      this.#first((store) => andThen(store.isSecured(endpointName), (isSecured) => isSecured || undefined)),
      (isSecured) => isSecured === true,
    );
  }

  /** The first answer of a store. */
  #first<T>(
    ask: (store: CredentialStore) => MaybePromise<T | undefined>,
    index: number = 0,
  ): MaybePromise<T | undefined> {
    const store = this.#stores[index];
    if (store === undefined) return undefined;
    return andThen(ask(store), (answer) => answer ?? this.#first(ask, index + 1));
  }
}

/** `ep` is optional where the security context names the client (TS Core 1.1 §6.2.1, §8.1). */
function nameOf(identity: PeerIdentity): string {
  let name: string | undefined;
  if (identity.kind === 'psk') name = identity.identity;
  else if (identity.kind === 'x509') name = identity.commonName;
  if (name === undefined || name === '') throw nameMissing();
  checkEndpointName(name);
  return name;
}

function nameMissing(): RefusalError {
  return badRequest('ep is missing');
}

function forbidden(reason: string): RefusalError {
  return new RefusalError(Code.FORBIDDEN, reason);
}
