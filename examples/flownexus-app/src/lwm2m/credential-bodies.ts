import { createPublicKey } from 'node:crypto';
import type { DeviceCredential } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { limits } from '../limits.ts';
import type { CredentialItem } from './api-types.ts';
import { ApiError } from './errors.ts';

const text = z
  .string()
  .min(1)
  .refine(
    (value) => Buffer.byteLength(value) <= limits.identityBytes && value.isWellFormed() && !/\p{Cc}/u.test(value),
  );
const key = z
  .string()
  .regex(/^([0-9a-f]{2})+$/i)
  .transform((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
  .refine((bytes) => bytes.length <= limits.pskBytes);
const fingerprint = z
  .string()
  .transform((value) => value.replaceAll(':', '').toLowerCase())
  .refine((value) => /^[0-9a-f]{64}$/.test(value));
const publicKey = z
  .base64()
  .max(limits.publicKeyCharacters)
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))
  .refine(isPublicKey);

const psk = z.strictObject({ mode: z.literal('psk'), identity: text, key });
const byName = z.strictObject({ mode: z.literal('x509'), commonName: text });
const byFingerprint = z.strictObject({ mode: z.literal('x509'), fingerprint });
const rpk = z.strictObject({ mode: z.literal('rpk'), publicKey });

/** What each field may be, for the message that refuses another value. */
const allowed: Readonly<Record<string, string>> = {
  identity: `1 to ${String(limits.identityBytes)} bytes of text without control characters`,
  commonName: `1 to ${String(limits.identityBytes)} bytes of text without control characters`,
  key: `1 to ${String(limits.pskBytes)} bytes in hexadecimal`,
  fingerprint: 'a SHA-256 in hexadecimal: 64 digits',
  publicKey: 'a SubjectPublicKeyInfo in base64 with an EC key on P-256 or P-384',
};

/** The credential in the body of a `PUT`. */
export function parseCredential(body: unknown): DeviceCredential {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badBody('the body must be a JSON object, with Content-Type: application/json');
  }
  const schema = schemaFor(body);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    throw badBody(`a credential of this mode has no field ${JSON.stringify(issue.keys[0])}`);
  }
  const name = String(issue?.path[0]);
  if (!Object.hasOwn(body, name)) {
    throw badBody(name === 'commonName' ? 'commonName or fingerprint is missing' : `${name} is missing`);
  }
  throw badBody(`${name} must be ${allowed[name] ?? 'something else'}`);
}

/** What a credential shows of itself: never the key. */
export function credentialItem(credential: DeviceCredential): CredentialItem {
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

/** Chosen before anything is checked, so that the message is about the mode that was meant. */
function schemaFor(body: object): typeof psk | typeof byName | typeof byFingerprint | typeof rpk {
  switch ('mode' in body ? body.mode : undefined) {
    case 'psk':
      return psk;
    case 'x509':
      if ('commonName' in body && 'fingerprint' in body) {
        throw badBody('a credential of mode x509 has a commonName or a fingerprint, not both');
      }
      return 'fingerprint' in body ? byFingerprint : byName;
    case 'rpk':
      return rpk;
    default:
      throw badBody('mode must be psk, x509 or rpk');
  }
}

/** As devices send it (RFC 5480 §2.2): with an uncompressed point, since it is compared byte by byte. */
function isPublicKey(bytes: Uint8Array): boolean {
  try {
    const found = createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' });
    const canonical = createPublicKey({ key: found.export({ format: 'jwk' }), format: 'jwk' });
    const curve = found.asymmetricKeyDetails?.namedCurve;
    return (
      (curve === 'prime256v1' || curve === 'secp384r1') &&
      canonical.export({ type: 'spki', format: 'der' }).equals(bytes)
    );
  } catch {
    return false;
  }
}

function badBody(message: string): ApiError {
  return new ApiError(400, 'bad-body', message);
}
