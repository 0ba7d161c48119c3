import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { isoTimestamp, listOf } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { certificatePem } from './certificate-items.ts';
import { readRoots, type RootCertificate } from './root-certificate.ts';
import type { Trust } from './trust.ts';
import type { TrustedRoot, TrustedRoots } from './trusted-roots.ts';

const TAG = 'Certificates';
const PATH = '/api/v1/certificates/roots';

const rootSchema = z
  .object({
    fingerprint: z.string().meta({ description: 'SHA-256 in hexadecimal' }),
    subject: z.string(),
    notAfter: isoTimestamp,
    pem: z.string(),
    source: z.enum(['api', 'file']).meta({ description: '`file`: of `FLOWNEXUS_COAPS_CA`, and changed there' }),
    createdAt: isoTimestamp.nullable(),
    createdBy: z.string().nullable(),
  })
  .meta({ id: 'TrustedRoot' });

export interface RootRoutesOptions {
  readonly trust: Trust;
  readonly added: TrustedRoots;
}

/** Authorities beside our own whose certificates devices may have. Whose a certificate is says the credential of the endpoint. */
export function rootRoutes({ trust, added }: RootRoutesOptions): Route[] {
  return [
    route({
      method: 'get',
      path: PATH,
      operationId: 'listTrustedRoots',
      summary: 'Authorities that are trusted beside our own',
      tag: TAG,
      access: 'read',
      answers: { 200: { description: 'All of them', schema: listOf(rootSchema, 'TrustedRootList') } },
      handle: () => ({
        body: { items: [...trust.configured.map(ofFile), ...added.list.map(ofApi)], nextCursor: null },
      }),
    }),
    route({
      method: 'post',
      path: PATH,
      operationId: 'addTrustedRoot',
      summary: 'Trusts an authority, at once',
      description:
        'A device with a certificate of it is the endpoint whose credential names its common name or fingerprint.',
      tag: TAG,
      access: 'administer',
      body: z
        .strictObject({
          pem: z
            .string()
            .min(1)
            .max(limits.trustedRootCharacters)
            .meta({ description: 'One certificate, with a key on P-256 or P-384' }),
        }) // prettier-ignore
        .meta({ id: 'NewTrustedRoot' }),
      answers: {
        201: { description: 'It is trusted', schema: rootSchema },
        409: { description: 'It is trusted already, or there are as many as may be' },
      },
      handle: async ({ body: { pem }, principal }) => {
        const root = await added.add(onlyRoot(pem), principal?.actor ?? '');
        if (root === 'exists') throw new ApiError(409, 'conflict', 'this authority is trusted already');
        if (root === 'full')
          throw new ApiError(409, 'quota-exceeded', `at most ${String(limits.trustedRoots)} authorities are trusted`);
        return { status: 201, body: ofApi(root), audit: { fingerprint: root.fingerprint, subject: root.subject } };
      },
    }),
    route({
      method: 'delete',
      path: `${PATH}/{fingerprint}`,
      operationId: 'removeTrustedRoot',
      summary: 'Trusts an authority no longer; what is open with its certificates ends at once',
      tag: TAG,
      access: 'administer',
      params: z.object({
        fingerprint: z.string().max(limits.fingerprintCharacters).transform((text) => text.replaceAll(':', '').toLowerCase()).meta({ description: 'SHA-256 in hexadecimal', override: { type: 'string' } }), // prettier-ignore
      }),
      answers: {
        204: { description: 'It is gone' },
        404: { description: 'None that was added here has this fingerprint' },
      },
      handle: async ({ params: { fingerprint } }) => {
        if (!(await added.remove(fingerprint))) {
          throw new ApiError(
            404,
            'not-found',
            `no authority that was added has the fingerprint ${JSON.stringify(fingerprint)}`,
          );
        }
        return { status: 204 };
      },
    }),
  ];
}

function onlyRoot(pem: string): RootCertificate {
  let roots: RootCertificate[];
  try {
    roots = readRoots(pem);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
  const [root, second] = roots;
  if (root === undefined || second !== undefined) throw bad('expected one certificate');
  if (!root.isAuthority) throw bad('the certificate is not that of an authority');
  return root;
}

function bad(message: string): ApiError {
  return new ApiError(400, 'bad-body', `body.pem: ${message}`, [{ path: 'body.pem', message }]);
}

function ofApi({
  fingerprint,
  subject,
  not_after,
  der,
  created_at,
  created_by,
}: TrustedRoot): z.infer<typeof rootSchema> {
  return {
    fingerprint,
    subject,
    notAfter: iso(not_after),
    pem: certificatePem(der),
    source: 'api',
    createdAt: iso(created_at),
    createdBy: created_by,
  };
}

function ofFile({ fingerprint, subject, notAfter, der }: RootCertificate): z.infer<typeof rootSchema> {
  return {
    fingerprint,
    subject,
    notAfter: iso(notAfter),
    pem: certificatePem(der),
    source: 'file',
    createdAt: null,
    createdBy: null,
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
