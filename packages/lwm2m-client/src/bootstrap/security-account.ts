import { parseCoapUri, type CoapUri } from '@flownexus/coap';
import { pathOf, type Path } from '@flownexus/lwm2m-core';
import { Lwm2mClientError } from '../errors.ts';
import { isInstances } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';

/** The Resources of the Security Object that the device acts on (TS Core, Appendix E.1). */
export const SecurityResource = {
  SERVER_URI: 0,
  BOOTSTRAP_SERVER: 1,
  SECURITY_MODE: 2,
  PUBLIC_KEY_OR_IDENTITY: 3,
  SERVER_PUBLIC_KEY: 4,
  SECRET_KEY: 5,
  SHORT_SERVER_ID: 10,
  CLIENT_HOLD_OFF_TIME: 11,
  BOOTSTRAP_SERVER_ACCOUNT_TIMEOUT: 12,
  SNI: 14,
  CERTIFICATE_USAGE: 15,
  OSCORE_SECURITY_MODE: 17,
} as const;

/** The modes of Resource 2 that the device has. */
export const SecurityMode = { PSK: 0, RPK: 1, X509: 2, NO_SEC: 3, EST: 4 } as const;

/** An instance of the Security Object: how one server is reached, and what is proven to it. */
export interface SecurityAccount {
  readonly instanceId: number;
  /** As it stands there; empty when it is not there. */
  readonly uri: string;
  /** Whether the server is a bootstrap server. */
  readonly isBootstrap: boolean;
  /** See {@link SecurityMode}; undefined when it is not there. */
  readonly securityMode: number | undefined;
  /** Undefined for a bootstrap server. */
  readonly shortServerId: number | undefined;
  /** The PSK identity in UTF-8, a public key (SubjectPublicKeyInfo), or a certificate, in DER; empty when it is not there. */
  readonly publicKeyOrIdentity: Uint8Array;
  /** The public key or the certificate of the server in DER; empty when it is not there. */
  readonly serverPublicKey: Uint8Array;
  /** The pre-shared key, or the private key in DER; empty when it is not there. */
  readonly secretKey: Uint8Array;
  /** The name that the server is asked for. */
  readonly serverName: string | undefined;
  /** RFC 6698 §2.1.1; 3 when it is not there. */
  readonly certificateUsage: number;
  /** Seconds that are waited before a bootstrap; 0 when it is not there. */
  readonly holdOffTime: number;
  /** Seconds that a bootstrap account stays after the bootstrap; 0 when it stays for good. */
  readonly accountTimeout: number;
  /** The instance of the OSCORE Object that belongs to it. */
  readonly oscore: Path | undefined;
}

const NOTHING = new Uint8Array(0);
/** Domain-issued certificate: that of the server itself (TS Core, Appendix E.1, Resource 15). */
const DEFAULT_CERTIFICATE_USAGE = 3;
const NULL_ID = 65_535;

/** The instances of the Security Object, in the order of their ids, with whatever is there of them. */
export function securityAccounts(tree: ObjectTree): readonly SecurityAccount[] {
  return tree.instanceIds(0).map((instanceId) => securityAccount(tree, instanceId));
}

/** The account of the bootstrap server; the first if there are several. */
export function bootstrapAccount(tree: ObjectTree): SecurityAccount | undefined {
  return securityAccounts(tree).find(({ isBootstrap }) => isBootstrap);
}

/**
 * Where the server of an account is.
 *
 * @throws Lwm2mClientError `ERR_LWM2M_CLIENT_ACCOUNT` for anything but a `coap` or `coaps` URI
 */
export function serverOf({ instanceId, uri }: SecurityAccount): CoapUri {
  try {
    return parseCoapUri(uri);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const found = uri === '' ? 'nothing' : JSON.stringify(uri);
    throw new Lwm2mClientError(
      'ERR_LWM2M_CLIENT_ACCOUNT',
      `/0/${instanceId}/${SecurityResource.SERVER_URI} is no URI of a server, but ${found}: ${reason}`,
      { cause: error },
    );
  }
}

function securityAccount(tree: ObjectTree, instanceId: number): SecurityAccount {
  const content = (resourceId: number): unknown => tree.content(pathOf(0, instanceId, resourceId));
  const text = (resourceId: number): string | undefined => {
    const value = content(resourceId);
    return typeof value === 'string' ? value : undefined;
  };
  const number = (resourceId: number): number | undefined => {
    const value = content(resourceId);
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
  };
  const bytes = (resourceId: number): Uint8Array => {
    const value = content(resourceId);
    return value instanceof Uint8Array ? value : NOTHING;
  };
  return {
    instanceId,
    uri: text(SecurityResource.SERVER_URI) ?? '',
    isBootstrap: content(SecurityResource.BOOTSTRAP_SERVER) === true,
    securityMode: number(SecurityResource.SECURITY_MODE),
    shortServerId: number(SecurityResource.SHORT_SERVER_ID),
    publicKeyOrIdentity: bytes(SecurityResource.PUBLIC_KEY_OR_IDENTITY),
    serverPublicKey: bytes(SecurityResource.SERVER_PUBLIC_KEY),
    secretKey: bytes(SecurityResource.SECRET_KEY),
    serverName: text(SecurityResource.SNI),
    certificateUsage: number(SecurityResource.CERTIFICATE_USAGE) ?? DEFAULT_CERTIFICATE_USAGE,
    holdOffTime: number(SecurityResource.CLIENT_HOLD_OFF_TIME) ?? 0,
    accountTimeout: number(SecurityResource.BOOTSTRAP_SERVER_ACCOUNT_TIMEOUT) ?? 0,
    oscore: linkedInstance(tree, pathOf(0, instanceId, SecurityResource.OSCORE_SECURITY_MODE)),
  };
}

function linkedInstance(tree: ObjectTree, path: Path): Path | undefined {
  const link = tree.content(path);
  if (link === undefined || isInstances(link) || typeof link !== 'object' || link instanceof Uint8Array)
    return undefined;
  // TS Core, Appendix C: 65535 stands for no link.
  return link.objectInstanceId === NULL_ID ? undefined : pathOf(link.objectId, link.objectInstanceId);
}
