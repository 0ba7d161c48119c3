import { endpointNameProblem, type DeviceCredential } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { isPublicKey } from '../lwm2m/public-key.ts';
import { LeshanError } from './leshan-error.ts';

const identity = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= limits.identityBytes, {
    error: `expected up to ${String(limits.identityBytes)} bytes of text`,
  });
const hexBytes = (longest: number) =>
  z
    .string()
    .regex(/^(?:[0-9a-f]{2})+$/i, 'expected bytes in hexadecimal')
    .max(longest * 2)
    .transform((text) => new Uint8Array(Buffer.from(text, 'hex')));
const publicKey = hexBytes(limits.publicKeyCharacters).refine(isPublicKey, {
  error: 'expected the DER of a SubjectPublicKeyInfo with an EC key on P-256 or P-384',
});

const tls = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('psk'),
    details: z.strictObject({ identity, key: hexBytes(limits.pskBytes) }),
  }),
  z.strictObject({ mode: z.literal('rpk'), details: z.strictObject({ key: publicKey }) }),
  z.strictObject({ mode: z.literal('x509') }),
]);
const securityInfo = z.strictObject({
  endpoint: z.string().refine((name) => endpointNameProblem(name) === undefined, {
    error: 'expected an endpoint name',
  }),
  tls,
});

/** Who a device is, as a Leshan server shows it: never its key. */
export interface SecurityInfoJson {
  readonly endpoint: string;
  readonly tls:
    | { readonly mode: 'psk'; readonly details: { readonly identity: string } }
    | { readonly mode: 'rpk'; readonly details: { readonly key: string } }
    | { readonly mode: 'x509' };
}

/**
 * Reads the credential of an endpoint: `{"endpoint": "dev", "tls": {"mode": "psk", "details": {"identity": "dev", "key": "00ff"}}}`. A certificate is any of
 * an accepted authority whose common name is the endpoint name.
 *
 * @throws LeshanError with the place of what is wrong
 */
export function parseSecurityInfo(json: unknown): { endpointName: string; credential: DeviceCredential } {
  if (typeof json === 'object' && json !== null && 'oscore' in json) {
    throw new LeshanError(400, 'Invalid request body: /oscore: this server has no OSCORE');
  }
  const parsed = securityInfo.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = (issue?.path ?? []).map((name) => `/${String(name)}`).join('');
    throw new LeshanError(400, `Invalid request body: ${place === '' ? '/' : place}: ${issue?.message ?? 'wrong'}`);
  }
  const { endpoint, tls: security } = parsed.data;
  return { endpointName: endpoint, credential: credentialOf(endpoint, security) };
}

function credentialOf(endpointName: string, security: z.infer<typeof tls>): DeviceCredential {
  switch (security.mode) {
    case 'psk':
      return { mode: 'psk', ...security.details };
    case 'rpk':
      return { mode: 'rpk', publicKey: security.details.key };
    case 'x509':
      return { mode: 'x509', commonName: endpointName };
  }
}

/** The JSON of a credential, without any secret. */
export function securityInfoJson(endpoint: string, credential: DeviceCredential): SecurityInfoJson {
  switch (credential.mode) {
    case 'psk':
      return { endpoint, tls: { mode: 'psk', details: { identity: credential.identity } } };
    case 'rpk':
      return { endpoint, tls: { mode: 'rpk', details: { key: Buffer.from(credential.publicKey).toString('hex') } } };
    case 'x509':
      return { endpoint, tls: { mode: 'x509' } };
  }
}
