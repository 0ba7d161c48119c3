import { parseCoapUri } from '@flownexus/coap';
import type { ResourceNode } from '@flownexus/lwm2m-core';
import type { BootstrapInstance } from './bootstrap-configuration.ts';

/** How a device and a server know each other (TS Core §E.1, Resources 2 to 5 of the Security Object). Certificates and keys are DER. */
export type AccountSecurity =
  | { readonly mode: 'noSec' }
  | { readonly mode: 'psk'; readonly identity: string; readonly key: Uint8Array }
  | {
      readonly mode: 'rpk';
      /** SubjectPublicKeyInfo of the device, and its private key (PKCS #8). */
      readonly publicKey: Uint8Array;
      readonly secretKey: Uint8Array;
      readonly serverPublicKey: Uint8Array;
    }
  | {
      readonly mode: 'x509';
      /** Of the device, and its private key (PKCS #8). */
      readonly certificate: Uint8Array;
      readonly secretKey: Uint8Array;
      readonly serverCertificate: Uint8Array;
      /** What `serverCertificate` is (since LwM2M 1.1, RFC 6698): 0 and 2 an authority, 1 and 3 the certificate of the server. Default: not written, which is 3. */
      readonly certificateUsage?: 0 | 1 | 2 | 3;
      /** The name that the certificate of the server is for, where it is not the host of the URI. */
      readonly serverName?: string;
    }
  /** The device gets its certificate from the Bootstrap-Server (EST, since LwM2M 1.1), and its key is never written. */
  | {
      readonly mode: 'est';
      readonly serverCertificate: Uint8Array;
      readonly certificateUsage?: 0 | 1 | 2 | 3;
      readonly serverName?: string;
    };

/** An LwM2M server that a device is to register with. */
export interface ServerAccount {
  /** 1 to 65534. */
  readonly shortServerId: number;
  /** `coaps://192.0.2.1:5684`: with `coap` the security is `noSec`, with `coaps` another. Of `coap+tcp` and `coaps+tcp` only the scheme is looked at. */
  readonly uri: string;
  /** Default: `noSec`. */
  readonly security?: AccountSecurity;
  /** Seconds. Default 86 400. */
  readonly lifetime?: number;
  /** Default `U`. */
  readonly binding?: string;
  /** Whether notifications are stored while the server can not be reached. Default true. */
  readonly storeNotifications?: boolean;
  /** Seconds; not written where they are not given. */
  readonly defaultMinPeriod?: number;
  readonly defaultMaxPeriod?: number;
  readonly disableTimeout?: number;
  /** The Client Hold Off Time, in seconds; not written where it is not given. */
  readonly holdOffTime?: number;
  /** Ids of the Object Instances. Default: any of the Security Object that is free, which takes a Discover, and the Short Server ID of the Server Object. */
  readonly securityInstanceId?: number;
  readonly serverInstanceId?: number;
}

/** The account of a Bootstrap-Server in the Security Object of a device. */
export interface BootstrapServerAccount extends Pick<
  ServerAccount,
  'uri' | 'security' | 'holdOffTime' | 'securityInstanceId'
> {
  /** The Bootstrap-Server Account Timeout, in seconds; not written where it is not given. */
  readonly accountTimeout?: number;
}

/**
 * The Object Instances of /0 and /1 that make an account of an LwM2M server.
 *
 * @throws RangeError for a Short Server ID that is none, a URI that is none, and one whose scheme does not fit the security
 *
 * @example
 * const configuration = {
 *   instances: serverAccount({
 *     shortServerId: 1,
 *     uri: 'coaps://lwm2m.example.com',
 *     security: { mode: 'psk', identity: 'device-1', key },
 *   }),
 * };
 */
export function serverAccount(account: ServerAccount): readonly BootstrapInstance[] {
  const { shortServerId, holdOffTime, lifetime = 86_400, binding = 'U', storeNotifications = true } = account;
  if (!Number.isInteger(shortServerId) || shortServerId < 1 || shortServerId > 65_534) {
    throw new RangeError(`a Short Server ID is an integer from 1 to 65534, not ${shortServerId}`);
  }
  const security = securityInstance(account, false, [integer(10, shortServerId), integer(11, holdOffTime)]);
  const server = [
    integer(0, shortServerId),
    integer(1, lifetime),
    integer(2, account.defaultMinPeriod),
    integer(3, account.defaultMaxPeriod),
    integer(5, account.disableTimeout),
    boolean(6, storeNotifications),
    text(7, binding),
  ];
  return [security, { path: `/1/${account.serverInstanceId ?? shortServerId}`, resources: server.flat() }];
}

/** The Object Instance of /0 that makes an account of a Bootstrap-Server: for a device that is to ask another one from now on. Throws as `serverAccount` does. */
export function bootstrapServerAccount(account: BootstrapServerAccount): readonly BootstrapInstance[] {
  return [securityInstance(account, true, [integer(11, account.holdOffTime), integer(12, account.accountTimeout)])];
}

/** TS Core §E.1: Resource 2. */
const MODES = { psk: 0, rpk: 1, x509: 2, noSec: 3, est: 4 } as const;

const UNSECURED: readonly AccountSecurity['mode'][] = ['noSec'];
const SECURED: readonly AccountSecurity['mode'][] = ['psk', 'rpk', 'x509', 'est'];
/** For other servers than ours: devices may know them (RFC 8323). */
const UNCHECKED = /^coaps?\+tcp:\/\/./i;

/** @throws RangeError for a URI that a device can not use */
function checkUri(uri: string, mode: AccountSecurity['mode']): void {
  if (UNCHECKED.test(uri)) return;
  let scheme: 'coap' | 'coaps';
  try {
    ({ scheme } = parseCoapUri(uri));
  } catch (cause) {
    const problem = cause instanceof Error ? `: ${cause.message}` : '';
    throw new RangeError(`${uri} is no URI of a server, such as coaps://192.0.2.1:5684${problem}`, { cause });
  }
  const modes = scheme === 'coap' ? UNSECURED : SECURED;
  if (!modes.includes(mode)) {
    throw new RangeError(`the security of a ${scheme} URI has the mode ${modes.join(', ')}, not ${mode}`);
  }
}

function securityInstance(
  { uri, security = { mode: 'noSec' }, securityInstanceId }: BootstrapServerAccount,
  isBootstrapServer: boolean,
  others: readonly (readonly ResourceNode[])[],
): BootstrapInstance {
  checkUri(uri, security.mode);
  const [own, server, secret] = keysOf(security);
  const resources = [
    text(0, uri),
    boolean(1, isBootstrapServer),
    integer(2, MODES[security.mode]),
    // Mandatory in all modes: clients of LwM2M 1.0 miss them otherwise.
    opaque(3, own),
    opaque(4, server),
    opaque(5, secret),
    ...others,
    ...('serverCertificate' in security ? [text(14, security.serverName), integer(15, security.certificateUsage)] : []),
  ];
  return { path: securityInstanceId === undefined ? '/0' : `/0/${securityInstanceId}`, resources: resources.flat() };
}

/** The Resources 3, 4 and 5. */
function keysOf(security: AccountSecurity): readonly [own: Uint8Array, server: Uint8Array, secret: Uint8Array] {
  switch (security.mode) {
    case 'noSec':
      return [NONE, NONE, NONE];
    case 'psk':
      return [new TextEncoder().encode(security.identity), NONE, security.key];
    case 'rpk':
      return [security.publicKey, security.serverPublicKey, security.secretKey];
    case 'est':
      return [NONE, security.serverCertificate, NONE];
    case 'x509':
      return [security.certificate, security.serverCertificate, security.secretKey];
  }
}

const NONE: Uint8Array = new Uint8Array(0);

/** A Resource, or none where there is no value. */
function resource(
  id: number,
  type: ResourceNode['type'],
  value: string | number | boolean | Uint8Array | undefined,
): readonly ResourceNode[] {
  return value === undefined ? [] : [{ kind: 'singleResource', id, type, value }];
}

function text(id: number, value: string | undefined): readonly ResourceNode[] {
  return resource(id, 'string', value);
}

function integer(id: number, value: number | undefined): readonly ResourceNode[] {
  return resource(id, 'integer', value);
}

function boolean(id: number, value: boolean): readonly ResourceNode[] {
  return resource(id, 'boolean', value);
}

function opaque(id: number, value: Uint8Array): readonly ResourceNode[] {
  return resource(id, 'opaque', value);
}
