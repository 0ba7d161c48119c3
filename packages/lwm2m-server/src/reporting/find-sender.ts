import { Code } from '@flownexus/coap';
import { sameIdentity, type Peer } from '@flownexus/datagram';
import type { MaybePromise } from '../maybe-promise.ts';
import { RefusalError } from '../registration/refusal-error.ts';
import type { CoapClient, RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { RegistrationTable } from '../registration/registration-table.ts';
import type { Authorization } from '../security/authorization.ts';
import type { CredentialStore } from '../security/credential-store.ts';

/** How senders are found. */
export interface SenderContext {
  readonly table: Pick<RegistrationTable, 'byPeer' | 'byEndpointName'>;
  readonly authorization: Pick<Authorization, 'endpointName'>;
  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
}

/**
 * The registered endpoint that a peer is.
 *
 * A peer that nobody registered as may have proven the identity of a registered endpoint: one that made a new DTLS handshake sends before its
 * next Update tells the new address (Zephyr). What comes from it counts; its requests still go to the peer that it registered as, until an
 * Update. A peer without an identity that moved can't be told from a stranger: it has to register first.
 *
 * @throws RefusalError 4.04 when it is none; also as a rejection
 */
export function findSender(peer: Peer, coap: CoapClient, context: SenderContext): MaybePromise<RegisteredEndpoint> {
  const known = context.table.byPeer(coap, peer.key);
  if (known !== undefined) return checked(known, peer);
  if (peer.identity.kind === 'anonymous') throw notRegistered();
  const refused = (error: unknown): never => {
    throw error instanceof RefusalError ? notRegistered() : error;
  };
  const find = (endpointName: string): RegisteredEndpoint => {
    return checked(context.table.byEndpointName(endpointName), peer);
  };
  let name: MaybePromise<string>;
  try {
    name = context.authorization.endpointName(peer.identity, undefined, context.proverOf(coap));
  } catch (error) {
    return refused(error);
  }
  return typeof name === 'string' ? find(name) : name.catch(refused).then(find);
}

/** What is not the sender's own does not exist for it. */
function checked(endpoint: RegisteredEndpoint | undefined, peer: Peer): RegisteredEndpoint {
  if (endpoint === undefined || !sameIdentity(endpoint.registration.identity, peer.identity)) throw notRegistered();
  return endpoint;
}

function notRegistered(): RefusalError {
  return new RefusalError(Code.NOT_FOUND, 'the sender is not registered');
}
