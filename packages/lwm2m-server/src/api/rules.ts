import type { PeerIdentity } from '@flownexus/datagram';
import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { MaybePromise } from '../maybe-promise.ts';
import type { Registration } from '../registration/registration.ts';

/** A request that somebody may be refused. */
export interface AuthorizationRequest {
  /** `bootstrap`: a Bootstrap-Request, or a Bootstrap-Pack-Request. */
  readonly operation: 'register' | 'update' | 'deregister' | 'send' | 'bootstrap';
  readonly endpointName: string;
  readonly identity: PeerIdentity;
  readonly address: { readonly host: string; readonly port: number };
  /** The present registration; undefined for the first Register. */
  readonly registration: Registration | undefined;
}

/** Why a request is refused. */
export interface RefusalReason {
  /** Default `4.03`; `4.29` or `5.03` for quotas. */
  readonly code?: '4.00' | '4.01' | '4.03' | '4.29' | '5.03';
  /** Goes to the device as a diagnostic payload, and to the event `refused`. */
  readonly reason: string;
  /** For `4.29` and `5.03`: when to try again, in seconds (Max-Age, RFC 7252 §5.10.5). */
  readonly retryAfter?: number;
}

/** Values before anybody gets them. */
export interface ReportedValues {
  readonly registration: Registration;
  readonly source: 'notification' | 'send';
  readonly records: readonly ResourceRecord[];
  /** Bytes of the payload that they came in. */
  readonly payloadLength: number;
}

/** What an application decides about what devices ask for. What throws or rejects refuses with 5.03, and goes to `onError`. */
export interface Rules {
  /**
   * Whether a device may do what it asks for, after its identity was found to be that of the endpoint: for admission and for quotas. `true` or undefined admits.
   */
  authorize?(request: AuthorizationRequest): MaybePromise<true | RefusalReason | undefined>;
  /**
   * Whether devices without an identity (NoSec) are admitted at all. A function is asked at each request, for a setting that changes while the server runs. Default true.
   */
  readonly noSec?: boolean | (() => boolean);
  /**
   * Looks at values before handlers and listeners do: what it returns takes their place, so that implausible ones can be left out or corrected. None left: the
   * device is answered as if all were well. `node` of what is delivered is then made of these records.
   */
  filterValues?(values: ReportedValues): readonly ResourceRecord[];
}
