import type { DatagramTransport } from '@flownexus/datagram';
import type { PathLike } from '@flownexus/lwm2m-core';
import type { Lwm2mClientOptions } from '../client-options.ts';
import type { ResourceContent } from '../objects/content.ts';

/** What a device reaches with a transport. */
export interface TransportUse {
  readonly host: string;
  readonly port: number;
  /** Whether that is the bootstrap server. */
  readonly isBootstrap: boolean;
}

/** What a device with accounts is made of. What the accounts say is not among it: addresses, security, lifetimes and bindings. */
export interface Lwm2mDeviceOptions extends Omit<
  Lwm2mClientOptions,
  'server' | 'serverInstance' | 'transport' | 'lifetime' | 'binding' | 'onRegistered' | 'onTrouble'
> {
  /** Carries CoAP, and DTLS where the account has it. Default: UDP on any free port. Called for each server, and anew for each bootstrap and reboot. */
  readonly transport?: (use: TransportUse) => DatagramTransport;
  /**
   * Whether the bootstrap server is asked for a certificate before a bootstrap (EST over CoAP and DTLS, RFC 9148), for a new key of the
   * device: accounts that come without one get it. Default false.
   */
  readonly est?: boolean;
  /** Whether a Bootstrap-Pack is asked for before a bootstrap. Default: in LwM2M 1.2. */
  readonly bootstrapPack?: boolean;
  /** How long the bootstrap server may say nothing before the bootstrap has failed, in milliseconds. Default 247 000 (EXCHANGE_LIFETIME). */
  readonly bootstrapTimeoutMs?: number;
  /** How often registering is tried before it has failed. Default: what `/1/x/17` says, else 5. */
  readonly registrationAttempts?: number;
  /** What a smartcard holds, asked when the device starts: it takes the place of all accounts (TS Core §6.1.3). Undefined: there is none. */
  readonly smartcard?: () => Iterable<readonly [path: PathLike, content: ResourceContent]> | undefined;
  /** A server accepted a Register. */
  readonly onRegistered?: (shortServerId: number, registrationId: string) => void;
  /** A bootstrap succeeded: the device has its accounts, and registers. */
  readonly onBootstrapped?: () => void;
  /** Something failed, and is tried again: registering with the server of this Short Server ID, or, undefined, the bootstrap. */
  readonly onTrouble?: (error: Error, shortServerId: number | undefined) => void;
}
