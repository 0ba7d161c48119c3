import type { Peer } from '@flownexus/datagram';
import { guarded, type MaybePromise } from '../maybe-promise.ts';
import { RefusalError } from '../registration/refusal-error.ts';
import type { Authorization } from './authorization.ts';
import type { CredentialStore } from './credential-store.ts';

/**
 * The name of the endpoint that a peer has proven to be; undefined when it has proven nothing, or to be none. `prover` is the store by which it was proven,
 * if that is known. Throws or rejects as the store does.
 */
export function provenEndpointName(
  authorization: Pick<Authorization, 'endpointName'>,
  { identity }: Pick<Peer, 'identity'>,
  prover: CredentialStore | undefined,
): MaybePromise<string | undefined> {
  if (identity.kind === 'anonymous') return undefined;
  return guarded(
    () => authorization.endpointName(identity, undefined, prover),
    (error) => {
      if (error instanceof RefusalError) return undefined;
      throw error;
    },
  );
}
