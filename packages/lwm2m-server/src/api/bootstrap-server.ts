import type { CredentialStore } from '../security/credential-store.ts';
import type { BootstrapEvents, BootstrapOptions } from './bootstrap.ts';
import type { Refusal } from './events.ts';
import type { Lwm2mServerOptions } from './options.ts';
import type { Rules } from './rules.ts';

/** A Bootstrap-Server of its own. What its options have in common with those of `Lwm2mServer` means the same. */
export interface Lwm2mBootstrapServerOptions
  extends
    BootstrapOptions,
    Pick<Rules, 'authorize' | 'noSec'>,
    Pick<
      Lwm2mServerOptions,
      'endpoints' | 'objects' | 'peerSettings' | 'coapLimits' | 'echo' | 'onError' | 'clock' | 'random'
    > {
  /**
   * Who may be which endpoint. A device that has proven an identity is the endpoint that it belongs to, and needs no endpoint name; one that has proven none is only an
   * endpoint without a credential. Who is refused gets 4.00. Default: the stores that the endpoints have, such as that of `coaps`.
   */
  readonly credentials?: CredentialStore;
}

/** Events of a `Lwm2mBootstrapServer`. */
export interface Lwm2mBootstrapServerEvents extends BootstrapEvents {
  /** A request was refused: the CoAP code and the reason it carried. */
  refused: [refusal: Refusal];
}
