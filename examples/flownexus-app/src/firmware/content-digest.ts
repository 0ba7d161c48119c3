import { ApiError } from '../http/errors.ts';

/** `sha-256=:<base64>:` as a member of a dictionary (RFC 9530 §2, RFC 9651 §3.2). */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):$/;
const SHA256_BYTES = 32;

/**
 * The SHA-256 that a header `Repr-Digest` or `Content-Digest` says, in hexadecimal; undefined when it says none: digests of other kinds are passed over.
 * Throws an {@link ApiError} 400 for what is no such header.
 */
export function sha256Of(name: string, header: string | undefined): string | undefined {
  let found: string | undefined;
  for (const member of header?.split(',') ?? []) {
    const [, algorithm, base64 = ''] = MEMBER.exec(member.trim()) ?? [];
    if (algorithm === undefined) throw malformed(name);
    if (algorithm !== 'sha-256') continue;
    const digest = Buffer.from(base64, 'base64');
    if (digest.length !== SHA256_BYTES) throw malformed(name);
    found = digest.toString('hex');
  }
  return found;
}

function malformed(name: string): ApiError {
  const message = 'expected a digest such as sha-256=:…:, in base64';
  return new ApiError(400, 'bad-request', `${name}: ${message}`, [{ path: `header.${name}`, message }]);
}
