import { Code, formatCode, type CoapRequest, type CoapResponse } from '@flownexus/coap';
import { pathOf } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import { certificationRequest } from './certification-request.ts';
import type { Provisioning } from './provisioning.ts';
import { securityAccounts, SecurityMode, SecurityResource } from './security-account.ts';

/** Content-Formats of EST (RFC 9148 §9.1). */
const PKCS10 = 286;
const PKIX_CERT = 287;

/** A certificate of the device, and its key: both DER. */
export interface OwnCertificate {
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
}

/**
 * Asks a server for a certificate (`/sen`, RFC 9148 §5.1) of this common name and a new key, which never leaves the device.
 *
 * @throws Error with what was answered in the place of a certificate; whatever `ask` rejects with
 */
export async function enroll(
  commonName: string,
  ask: (request: CoapRequest) => Promise<CoapResponse>,
): Promise<OwnCertificate> {
  const { request, privateKey } = certificationRequest(commonName);
  const { code, contentFormat, payload } = await ask({
    method: Code.POST,
    path: ['.well-known', 'est', 'sen'],
    contentFormat: PKCS10,
    accept: PKIX_CERT,
    payload: request,
  });
  if (code === Code.CHANGED && contentFormat === PKIX_CERT) return { certificate: payload, privateKey };
  const text = code === Code.CHANGED ? `in the format ${contentFormat ?? 'none'}` : new TextDecoder().decode(payload);
  throw new Error(`the answer was ${formatCode(code)} ${text}`.trimEnd());
}

/** The modes in which the certificate of the device may be its own affair (TS Core, Appendix E.1, Resources 2, 3 and 5). */
const BY_CERTIFICATE: ReadonlySet<number | undefined> = new Set([SecurityMode.X509, SecurityMode.EST]);

/** Puts the certificate into the accounts of servers that came without one. */
export function completeAccounts(tree: ObjectTree, provisioning: Provisioning, own: OwnCertificate): void {
  for (const { instanceId, isBootstrap, securityMode, publicKeyOrIdentity, secretKey } of securityAccounts(tree)) {
    if (isBootstrap || !BY_CERTIFICATE.has(securityMode) || publicKeyOrIdentity.length + secretKey.length > 0) continue;
    provisioning.keep(0);
    tree.set(pathOf(0, instanceId, SecurityResource.PUBLIC_KEY_OR_IDENTITY), own.certificate);
    tree.set(pathOf(0, instanceId, SecurityResource.SECRET_KEY), own.privateKey);
  }
}
