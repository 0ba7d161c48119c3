import type { PeerIdentity } from '@flownexus/datagram';

/** A link of the registration's object list that names an Object or an Object Instance. */
export interface RegisteredLink {
  /** The path below the root path: `/3` or `/3/0`. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** One endpoint's registration: a plain value, replaced as a whole at each Update (TS Core §6.2). */
export interface Registration {
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
  /** The alternate path of the client's tree, `/` by default (TS Core §7.4.1, `rt="oma.lwm2m"`). */
  readonly rootPath: string;
  readonly links: readonly RegisteredLink[];
  /** Object ids to the versions the client has, stated or implied (TS Core §7.2.2). */
  readonly objectVersions: ReadonlyMap<number, string>;
  /** Object ids to the ids of their instances. */
  readonly instances: ReadonlyMap<number, readonly number[]>;
  /** The Content-Formats of the root link's `ct`; empty when it has none. */
  readonly contentFormats: readonly number[];
  /** Query parameters beyond those of the specification. */
  readonly additionalParameters: Readonly<Record<string, string>>;
  readonly address: { readonly host: string; readonly port: number };
  readonly identity: PeerIdentity;
  /** Milliseconds since 1970: of the Register. */
  readonly registeredAt: number;
  /** Milliseconds since 1970: of the latest Register or Update. */
  readonly updatedAt: number;
}

/** Why a registration ended. `replaced`: the endpoint registered anew. */
export type DeregistrationReason = 'deregistered' | 'expired' | 'replaced';
