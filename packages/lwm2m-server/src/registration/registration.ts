import type { PeerIdentity } from '@flownexus/datagram';
import type { ObjectList } from '@flownexus/lwm2m-core';

/** One endpoint's registration: a plain value, replaced as a whole at each Update (TS Core §6.2). */
export interface Registration extends ObjectList {
  readonly endpointName: string;
  /** The last segment of the Location: `/rd/<registrationId>`. */
  readonly registrationId: string;
  /** Seconds. */
  readonly lifetime: number;
  /** As the client said it: `1.0`, `1.1`, `1.2`. */
  readonly lwm2mVersion: string;
  /** The `b` parameter without queue mode, `U` by default. */
  readonly bindingMode: string;
  readonly queueMode: boolean;
  readonly smsNumber: string | undefined;
  /** The Profile IDs that stand for a part of the object list, or for all of it (LwM2M 1.2). */
  readonly profileIds: readonly string[];
  /** Query parameters beyond those of the specification. */
  readonly additionalParameters: Readonly<Record<string, string>>;
  readonly address: { readonly host: string; readonly port: number };
  /** Who the device has proven to be: `anonymous` over plain CoAP. */
  readonly identity: PeerIdentity;
  /** Milliseconds since 1970: of the Register. */
  readonly registeredAt: number;
  /** Milliseconds since 1970: of the latest Register or Update. */
  readonly updatedAt: number;
}

/** Why a registration ended. `replaced`: the endpoint registered anew. `revoked`: its credential was changed or removed, or `endRegistration` ended it. */
export type DeregistrationReason = 'deregistered' | 'expired' | 'replaced' | 'revoked';
