import type { DeviceCredential } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { isPublicKey } from './public-key.ts';

const IDENTITY = `expected 1 to ${String(limits.identityBytes)} bytes of text without control characters`;
const KEY = `expected 1 to ${String(limits.pskBytes)} bytes in hexadecimal`;
const FINGERPRINT = 'expected a SHA-256 in hexadecimal: 64 digits';
const PUBLIC_KEY = 'expected a SubjectPublicKeyInfo in base64 with an EC key on P-256 or P-384';

// `override` shows what is taken in, not what it is turned into.
const string = { override: { type: 'string' } } as const;

const text = z
  .string()
  .min(1, IDENTITY)
  .max(limits.identityBytes, IDENTITY)
  .refine((value) => Buffer.byteLength(value) <= limits.identityBytes && value.isWellFormed() && !/\p{Cc}/u.test(value), IDENTITY); // prettier-ignore
const key = z
  .string()
  .max(2 * limits.pskBytes, KEY)
  .regex(/^([0-9a-f]{2})+$/i, KEY)
  .transform((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
  .meta({ description: 'In hexadecimal. It can not be read back', ...string });
const fingerprint = z
  .string()
  .max(limits.fingerprintCharacters, FINGERPRINT)
  .transform((value) => value.replaceAll(':', '').toLowerCase())
  .refine((value) => /^[0-9a-f]{64}$/.test(value), FINGERPRINT)
  .meta({ description: 'SHA-256 of the certificate in hexadecimal', ...string });
const publicKey = z
  .base64(PUBLIC_KEY)
  .max(limits.publicKeyCharacters, PUBLIC_KEY)
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))
  .refine(isPublicKey, PUBLIC_KEY)
  .meta({ description: 'SubjectPublicKeyInfo in base64', ...string });

const psk = z.strictObject({ mode: z.literal('psk'), identity: text, key });
const x509 = z.strictObject({
  mode: z.literal('x509'),
  commonName: text.optional().meta({ description: 'Any certificate of an accepted authority with this common name' }),
  fingerprint: fingerprint.optional(),
});
const rpk = z.strictObject({ mode: z.literal('rpk'), publicKey });

/** What an endpoint proves with who it is. */
export const credentialBody = z
  .discriminatedUnion('mode', [psk, x509, rpk], { error: 'mode must be psk, x509 or rpk, of a JSON object' })
  .transform((body, context): DeviceCredential => {
    if (body.mode !== 'x509') return body;
    const { mode, commonName, fingerprint: digest } = body;
    if (commonName !== undefined && digest === undefined) return { mode, commonName };
    if (digest !== undefined && commonName === undefined) return { mode, fingerprint: digest };
    context.addIssue({ code: 'custom', message: 'a credential of mode x509 has a commonName or a fingerprint, and not both' });
    return z.NEVER;
  })
  .meta({ id: 'CredentialBody' }); // prettier-ignore

/** What a credential shows of itself: never the key. */
export const credentialItem = z
  .object({
    mode: z.enum(['psk', 'x509', 'rpk']),
    identity: z.string().optional(),
    commonName: z.string().optional(),
    fingerprint: z.string().optional(),
    publicKey: z.string().optional(),
  })
  .meta({ id: 'Credential' });

/** A credential as answers have it. */
export function toCredentialItem(credential: DeviceCredential): z.output<typeof credentialItem> {
  switch (credential.mode) {
    case 'psk':
      return { mode: 'psk', identity: credential.identity };
    case 'x509':
      return 'fingerprint' in credential
        ? { mode: 'x509', fingerprint: credential.fingerprint }
        : { mode: 'x509', commonName: credential.commonName };
    case 'rpk':
      return { mode: 'rpk', publicKey: Buffer.from(credential.publicKey).toString('base64') };
  }
}
